#include "simulation/world.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/format.h"
#include "engine/recommender_topology.h"
#include "engine/verify.h"

namespace freshet::simulation {
namespace {

namespace fs = std::filesystem;
using simulated::FaultPlan;
using std::chrono::milliseconds;

constexpr std::uint64_t kStepsMin = 60;
constexpr std::uint64_t kStepsSpread = 120;
constexpr std::uint64_t kSendMax = 6;  // records at a time
constexpr int kDrainRoundsMax = 400;
constexpr double kKeepAsZombie = 0.6;         // the old owner does not notice that a task has moved
constexpr double kLookInside = 0.02;          // of calls: the store is checked in the middle of a batch
constexpr std::int64_t kLostRecordsMax = 30;  // some batches' worth
constexpr std::uint64_t kVerifyEach = 4;      // opens every database again, so not for each seed

/// In memory where the machine has it: the databases are opened and closed all the time.
std::string FolderFor(const WorldOptions& options) {
  const fs::path shared = "/dev/shm";
  const fs::path root = ::access(shared.c_str(), W_OK) == 0 ? shared : fs::temp_directory_path();
  return (root / fmt::format("freshet-simulation-{}-{}", ::getpid(), options.seed)).string();
}

template <typename Call>
auto Again(Call call) {
  auto result = call();
  while (!result.ok() &&
         (result.error().code == ErrorCode::kUnavailable || result.error().code == ErrorCode::kTimeout)) {
    result = call();
  }
  return result;
}

}  // namespace

World::World(const WorldOptions& options)
    : options_(options), random_(options.seed), folder_(FolderFor(options)) {
  const bool recommender = options_.what == What::kRecommender;
  scenario_ = recommender ? MakeRecommenderScenario()
                          : MakeFoldScenario(static_cast<std::int32_t>(1 + random_.Below(2)));
  const bool sound = options_.broken == Broken::kNothing;
  compacted_ = !recommender && sound && random_.Chance(0.25);
  truncated_ = !recommender && sound && !compacted_ && random_.Chance(0.1);
  grouped_ = sound && random_.Chance(0.3);
  crash_ = random_.Chance(0.8) ? 0.01 * random_.Uniform() : 0;
  nested_ = random_.Chance(0.8) ? 0.08 * random_.Uniform() : 0;
  simulated::ClusterOptions cluster;
  cluster.seed = options_.seed;
  cluster_ = std::make_shared<simulated::SimulatedCluster>(cluster);
  const Topology& topology = scenario_->topology();
  changelogs_ = std::make_unique<ChangelogOracle>(*cluster_, topology, compacted_, violations_);
  if (!recommender) fold_ = std::make_unique<FoldOracle>(*cluster_, topology, violations_);
  fs::remove_all(folder_);
  CreateTopics();
  for (const char* name : {"a", "b"}) {
    Process::Options process;
    process.name = name;
    process.folder = folder_ + "/" + name;
    process.broken = options_.broken;
    process.grouped = grouped_;
    if (random_.Chance(0.5)) process.instance_id = name;
    process.limits.records = 1 + random_.Below(20);
    process.on_commit = [this](const CommittedBatch& batch, Partition partition) {
      ++counts_.batches;
      changelogs_->OnCommit(batch, partition);
    };
    processes_.push_back(std::make_unique<Process>(cluster_, *scenario_, std::move(process)));
    processes_.back()->Start();
  }
  for (std::size_t task = 0; !grouped_ && task < processes_[0]->TaskCountWhenStarted(); ++task) {
    processes_[random_.Below(processes_.size())]->SetOwned(task, true);
  }
}

World::~World() {
  cluster_->SetHook({});
  processes_.clear();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void World::CreateTopics() {
  upstream_ = std::make_unique<simulated::SimulatedLog>(cluster_, "upstream");
  for (const TopicSpec& spec : scenario_->Topics(compacted_)) {
    const auto created = upstream_->Create(spec);
    if (!created.ok()) violations_.Add(created.error().message);
  }
}

FaultPlan World::DrawPlan() {
  const auto maybe = [this](double most) { return random_.Chance(0.5) ? most * random_.Uniform() : 0; };
  FaultPlan plan;
  plan.unavailable = maybe(0.05);
  plan.commit_unanswered = maybe(0.1);
  plan.commit_lost = maybe(0.1);
  plan.initialise_unanswered = maybe(0.1);
  plan.aborted = maybe(0.02);
  plan.fenced = maybe(0.01);
  plan.stall = maybe(0.002);
  plan.delayed_markers = maybe(0.3);
  plan.delayed_produce = maybe(0.3);
  plan.late_requests = maybe(0.5);
  plan.hanging = maybe(0.01);
  plan.short_poll = maybe(0.3);
  plan.empty_poll = maybe(0.2);
  plan.interleave = maybe(0.3);
  if (compacted_) plan.compaction = 0.02 * random_.Uniform();
  plan.compact_torn = false;
  plan.torn = maybe(0.7);
  for (const OperatorSpec& spec : scenario_->topology().operators) {
    plan.tearable_topics.insert(scenario_->topology().ChangelogOf(spec.name));
  }
  plan.fence_enabled = options_.broken != Broken::kFence;
  // The hasty writer needs to know where its last record went.
  if (options_.broken == Broken::kCommitBeforeApply) plan.delayed_produce = 0;
  return plan;
}

void World::Run() {
  cluster_->SetPlan(DrawPlan());
  cluster_->SetHook([this](const simulated::Step& step) { return OnCall(step); });
  faults_ = true;
  const std::uint64_t steps = kStepsMin + random_.Below(kStepsSpread);
  for (; counts_.steps < steps && !violations_.Any(); ++counts_.steps) {
    if (truncated_ && counts_.steps == steps / 2) LoseEndOfSomeChangelog();
    SomethingHappens();
  }
  if (violations_.Any()) return;
  Drain();
  CheckEnd();
  counts_.torn = cluster_->Counts().torn_transactions;
}

void World::SomethingHappens() {
  const std::uint64_t dice = random_.Below(100);
  if (dice < 20) return Send(1 + random_.Below(kSendMax));
  if (dice < 24) return MoveSomeTask();
  StepProcess(random_.Below(processes_.size()));
}

simulated::StepAction World::OnCall(const simulated::Step& step) {
  using simulated::StepAction;
  if (!faults_ || step.process == "upstream") return StepAction::kContinue;
  if (random_.Chance(kLookInside)) {
    Process& process = *processes_[step.process == "a" ? 0 : 1];
    for (std::size_t task = 0; task < process.TaskCount(); ++task) Check(process.task(task));
  }
  if (depth_ == 0 && random_.Chance(nested_)) {
    ++depth_;
    ++counts_.nested_steps;
    SomethingHappens();
    --depth_;
  }
  if (!random_.Chance(crash_)) return StepAction::kContinue;
  ++counts_.crashes;
  return StepAction::kCrash;
}

void World::Send(std::uint64_t records) {
  auto writer = Again([this] { return upstream_->OpenWriter({}); });
  if (!writer.ok() || !Again([&] { return (*writer)->Initialise(); }).ok())
    return violations_.Add("upstream failed");
  for (std::uint64_t i = 0; i < records; ++i) {
    const OutputRecord record = scenario_->NextEvent(random_);
    bool sent = Again([&] { return (*writer)->Begin(); }).ok();
    sent = sent && Again([&] { return (*writer)->Append(record); }).ok();
    sent = sent && Again([&] { return (*writer)->Commit(); }).ok();
    if (!sent) return violations_.Add("upstream failed");
    ++counts_.sent;
  }
}

void World::StepProcess(std::size_t number) {
  Process& process = *processes_[number];
  if (process.busy) return;
  if (!process.Alive()) return Restart(process);
  process.busy = true;
  if (process.PollGroup()) ++counts_.rebalances;
  if (process.feed() != nullptr) static_cast<void>(process.feed()->Step(milliseconds(0)));
  const std::size_t first = random_.Below(process.TaskCount());
  for (std::size_t i = 0; i < process.TaskCount(); ++i) {
    const std::size_t task = (first + i) % process.TaskCount();
    if (!process.owns(task)) continue;
    StepTask(process, task);
    break;
  }
  process.busy = false;
}

void World::StepTask(Process& process, std::size_t number) {
  Task& task = process.task(number);
  const auto stepped = task.Step(milliseconds(0));
  if (stepped.ok()) {
    if (*stepped == StepResult::kWorked) Check(task);
    return;
  }
  last_error_ = stepped.error().message;
  if (stepped.error().code != ErrorCode::kFenced) return;
  // Fenced: it may have heard of the new owner by now, or it may take the task back.
  const bool other = !grouped_ && processes_[0]->owns(number) && processes_[1]->owns(number);
  if (other && random_.Chance(0.5)) process.SetOwned(number, false);
}

void World::Restart(Process& process) {
  process.Kill();
  const std::size_t tasks = process.TaskCountWhenStarted();
  const std::size_t task = random_.Below(tasks);
  const std::uint64_t dice = random_.Below(100);
  if (dice < 10) {
    process.LoseDirectory(task);
    ++counts_.lost_directories;
  } else if (dice < 40) {
    process.KeepCopy(task);
  } else if (dice < 60 && process.PutCopyBack(task)) {
    ++counts_.old_directories;
  } else if (dice >= 60 && dice < 75) {
    process.TearSomeFile(task, random_);
    ++counts_.torn_files;
  }
  Start(process);
}

// Joining a group calls the log, and then something else may happen.
void World::Start(Process& process) {
  if (process.Running()) return;
  process.busy = true;
  process.Start();
  process.busy = false;
}

void World::LeaveAndComeBack(Process& process) {
  if (process.busy || !process.Alive()) return;
  process.busy = true;
  process.Leave();
  process.Start();
  process.busy = false;
}

// As after an election of a broker that lagged behind, while no process ran.
void World::LoseEndOfSomeChangelog() {
  for (auto& process : processes_) process->Kill();
  cluster_->Settle();
  const OperatorSpec& spec = scenario_->topology().operators.front();
  const Partition partition{
      static_cast<std::int32_t>(random_.Below(static_cast<std::uint64_t>(spec.partitions)))};
  const TopicPartition changelog{scenario_->topology().ChangelogOf(spec.name), partition};
  const auto marks =
      Again([&] { return upstream_->QueryWatermarks(changelog, Isolation::kReadUncommitted); });
  if (!marks.ok()) return violations_.Add("upstream failed");
  const auto most = std::min<std::int64_t>(kLostRecordsMax, marks->high.value - marks->low.value);
  const auto lost = static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(most + 1)));
  cluster_->Truncate(changelog, {marks->high.value - lost});
  changelogs_->Forget(spec.name, partition);
  ++counts_.truncations;
  for (auto& process : processes_) Start(*process);
}

void World::MoveSomeTask() {
  if (grouped_) return LeaveAndComeBack(*processes_[random_.Below(processes_.size())]);
  const std::size_t task = random_.Below(processes_[0]->TaskCountWhenStarted());
  const std::size_t to = random_.Below(processes_.size());
  Process& from = *processes_[1 - to];
  processes_[to]->SetOwned(task, true);
  ++counts_.takeovers;
  if (!from.owns(task) || random_.Chance(kKeepAsZombie)) return;
  from.SetOwned(task, false);
  if (from.Alive() && !from.busy) from.task(task).Release();
}

void World::Check(const Task& task) {
  if (!task.acquired()) return;
  const auto point = changelogs_->CheckStore(task);
  if (point && fold_ != nullptr) fold_->CheckState(task, *point);
}

bool World::ReadToEnd(Process& process) {
  for (std::size_t number = 0; number < process.TaskCount(); ++number) {
    Task& task = process.task(number);
    if (!task.acquired()) return false;
    for (const Position& position : task.InputPositions()) {
      const auto left = cluster_->Dump(position.from, Isolation::kReadCommitted);
      if (!left.empty() && left.back().offset >= position.next) return false;
    }
  }
  return true;
}

bool World::StepAll(Process& process) {
  bool worked = false;
  static_cast<void>(process.feed()->Step(milliseconds(0)));
  for (std::size_t number = 0; number < process.TaskCount(); ++number) {
    const auto stepped = process.task(number).Step(milliseconds(0));
    if (!stepped.ok()) last_error_ = stepped.error().message;
    worked = worked || !stepped.ok() || *stepped == StepResult::kWorked;
  }
  cluster_->Advance(milliseconds(60));  // views are looked at again after some time
  return worked;
}

void World::Drain() {
  faults_ = false;
  FaultPlan calm;
  calm.fence_enabled = options_.broken != Broken::kFence;
  cluster_->SetPlan(calm);
  for (auto& process : processes_) process->Kill();
  cluster_->Settle();
  // Started afresh, so that an idle task that was fenced without noticing catches up.
  Process& last = *processes_[0];
  last.Start();
  for (int round = 0; round < kDrainRoundsMax; ++round) {
    const bool worked = StepAll(last);
    if (!worked && ReadToEnd(last)) break;
  }
  if (!ReadToEnd(last)) violations_.Add("does not read to the end: " + last_error_);
  for (std::size_t task = 0; task < last.TaskCount(); ++task) Check(last.task(task));
  // The last one ends in good order: what it has committed is not undone.
  for (std::size_t task = 0; task < last.TaskCount(); ++task) last.task(task).Release();
  last.Kill();
  cluster_->Settle();
}

void World::CheckEnd() {
  changelogs_->CheckEnd();
  if (fold_ != nullptr) fold_->CheckEnd(counts_.sent, {.compacted = compacted_, .truncated = truncated_});
  if (violations_.Any()) return;
  if (compacted_) return RestoreFromNothing();
  if (truncated_) return;  // what the lost batches had sent is sent again
  if (fold_ == nullptr || options_.seed % kVerifyEach == 0) VerifyReplay();
}

void World::VerifyReplay() {
  simulated::SimulatedLog log(cluster_, "upstream");
  VerifyOptions verify;
  verify.data_directory = processes_[0]->folder();
  verify.view = scenario_->view();
  const auto report = Verify(log, scenario_->topology(), verify);
  if (!report.ok()) return violations_.Add("verify: " + report.error().message);
  for (const std::string& difference : report->differences) {
    // Torn transactions are planned here, and passed over as they must be.
    if (difference.find("do not verify") == std::string::npos) violations_.Add("verify: " + difference);
  }
}

void World::RestoreFromNothing() {
  Process& process = *processes_[0];
  for (std::size_t task = 0; task < process.TaskCountWhenStarted(); ++task) process.LoseDirectory(task);
  cluster_->CompactAll();
  process.Start();
  static_cast<void>(StepAll(process));
  for (std::size_t task = 0; task < process.TaskCount(); ++task) {
    if (!process.task(task).acquired()) violations_.Add("restore from nothing: " + last_error_);
    Check(process.task(task));
  }
}

}  // namespace freshet::simulation
