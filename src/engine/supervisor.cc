#include "engine/supervisor.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/logging.h"
#include "base/process_memory.h"

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{5'000};
constexpr std::chrono::milliseconds kStepWait{50};
constexpr std::chrono::milliseconds kViewPause{5};
constexpr std::chrono::milliseconds kGroupPoll{100};
constexpr std::chrono::milliseconds kAdviseInterval{1'000};
constexpr std::chrono::seconds kLagTimeMax{2};
constexpr std::chrono::milliseconds kReturnInterval{10'000};

}  // namespace

Supervisor::Supervisor(Log& log, Topology topology, SupervisorOptions options, MetricsRegistry& metrics,
                       CommitListener on_commit)
    : log_(log),
      topology_(std::move(topology)),
      options_(std::move(options)),
      metrics_(metrics),
      on_commit_(std::move(on_commit)) {
  options_.task.table_budget = table_budget_;
  BoundMemory();
  options_.view.topic = topology_.TopicOf(kItemModelRole);
  options_.view.partitions = topology_.item_partitions;
  options_.view.checkpoint_path = options_.data_directory + "/state/item-view";
  view_ = std::make_unique<ViewFeed>(log_, options_.view, metrics_, SystemClock());
  for (const OperatorSpec& spec : topology_.operators) {
    task_metrics_[spec.name] = std::make_unique<TaskMetrics>(metrics_, spec.name);
    options_.group.lead_topics.push_back(topology_.TopicOf(spec.inputs.front()));
  }
}

Supervisor::~Supervisor() { Stop(); }

Result<void> Supervisor::Start() {
  FRESHET_CHECK(view_->Open());
  FRESHET_TRY(membership_, log_.Join(options_.group));
  view_thread_ = std::thread([this] { RunView(); });
  group_thread_ = std::thread([this] { RunGroup(); });
  return {};
}

void Supervisor::Stop() {
  if (stopping_.exchange(true)) return;
  if (group_thread_.joinable()) group_thread_.join();
  std::vector<TaskId> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, running] : tasks_) all.push_back(id);
  }
  StopTasks(all);
  JoinLeaving(true);
  if (view_thread_.joinable()) view_thread_.join();
  view_->Close();
  if (membership_ != nullptr) {
    const auto left = membership_->Leave();
    if (!left.ok()) LogWarn("could not leave the group", {{"reason", left.error().message}});
  }
}

void Supervisor::RunView() {
  while (!stopping_) {
    const auto stepped = view_->Step(kStepWait);
    if (stepped.ok()) continue;
    LogWarn("item view waits", {{"reason", stepped.error().message}});
    std::this_thread::sleep_for(kPauseMin);
  }
}

void Supervisor::RunGroup() {
  auto advised_at = std::chrono::steady_clock::now();
  while (!stopping_) {
    auto owned = membership_->Poll(kGroupPoll);
    if (!owned.ok()) {
      if (owned.error().code == ErrorCode::kFenced) return GiveUp(owned.error().message);
      LogWarn("group membership waits", {{"reason", owned.error().message}});
      std::this_thread::sleep_for(kPauseMin);
      continue;
    }
    if (owned->has_value()) Reassign(**owned);
    JoinLeaving(false);
    StartWanted();
    const auto now = std::chrono::steady_clock::now();
    if (now - advised_at >= kAdviseInterval) {
      Advise();
      BoundMemory();
      ReturnMemory();
      advised_at = now;
    }
  }
}

// Going on would fight with the other process for the partitions, for ever.
void Supervisor::GiveUp(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  fatal_ = fmt::format(
      "another process took this one's place in the group; give each its own kafka.instance_id: {}", reason);
}

const OperatorSpec* Supervisor::SpecOfLead(const std::string& topic) const {
  for (const OperatorSpec& spec : topology_.operators) {
    if (topology_.TopicOf(spec.inputs.front()) == topic) return &spec;
  }
  return nullptr;
}

void Supervisor::Reassign(const std::vector<TopicPartition>& owned) {
  std::map<TaskId, const OperatorSpec*> wanted;
  for (const TopicPartition& lead : owned) {
    const OperatorSpec* spec = SpecOfLead(lead.topic);
    if (spec != nullptr) wanted[{spec->name, lead.partition.value}] = spec;
  }
  LogInfo("partitions assigned", {{"tasks", wanted.size()}});
  std::vector<TaskId> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, running] : tasks_) {
      if (!wanted.contains(id)) gone.push_back(id);
    }
    wanted_ = std::move(wanted);
  }
  StopTasks(gone);
  assigned_ = true;
}

// A task that comes back before its last run has ended waits for it: both use one directory.
void Supervisor::StartWanted() {
  std::map<TaskId, const OperatorSpec*> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, spec] : wanted_) {
      if (!tasks_.contains(id) && !leaving_.contains(id)) due.emplace(id, spec);
    }
  }
  for (const auto& [id, spec] : due) StartTask(*spec, {id.second});
}

void Supervisor::StartTask(const OperatorSpec& spec, Partition partition) {
  TaskOptions options = options_.task;
  options.partition = partition;
  options.state_directory =
      fmt::format("{}/state/{}-{}", options_.data_directory, spec.name, partition.value);
  auto running = std::make_unique<Running>();
  running->task = std::make_unique<Task>(log_, topology_, spec, std::move(options));
  Task::Surroundings around;
  around.views = view_.get();
  around.metrics = task_metrics_.at(spec.name).get();
  around.on_commit = on_commit_;
  running->task->Attach(std::move(around));
  Running& started = *running;
  {
    const std::lock_guard lock(mutex_);
    tasks_[{spec.name, partition.value}] = std::move(running);
  }
  started.thread = std::thread([this, &started] { RunTask(started); });
}

void Supervisor::StopTasks(const std::vector<TaskId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const TaskId& id : ids) {
    const auto at = tasks_.find(id);
    if (at == tasks_.end()) continue;
    at->second->stop = true;
    leaving_[id] = std::move(at->second);
    tasks_.erase(at);
  }
}

// A task can be in the middle of a restore or of a commit that waits for its broker. The group goes on being
// polled meanwhile: a member that does not answer the next rebalance in time loses everything it has.
void Supervisor::JoinLeaving(bool wait) {
  for (auto at = leaving_.begin(); at != leaving_.end();) {
    Running& running = *at->second;
    if (!wait && !running.ended) {
      ++at;
      continue;
    }
    if (running.thread.joinable()) running.thread.join();
    LogInfo("task released", {{"task", running.task->name()}});
    at = leaving_.erase(at);
  }
}

void Supervisor::RunTask(Running& running) {
  std::chrono::milliseconds pause = kPauseMin;
  while (!running.stop) {
    // Acquiring needs no view, the first batch of most does: the two read the log side by side.
    if (running.task->acquired() && running.task->spec().reads_items && !view_->CaughtUp()) {
      Pause(running, kViewPause);
      continue;
    }
    const auto stepped = running.task->Step(kStepWait);
    if (stepped.ok()) {
      if (*stepped == StepResult::kWorked) AfterStep(running);
      pause = kPauseMin;
      continue;
    }
    running.ready = false;
    {
      const std::lock_guard lock(running.mutex);
      running.state.reset();
      running.last_error = stepped.error().message;
    }
    LogWarn("task will be acquired again", {{"task", running.task->name()},
                                            {"code", ErrorCodeName(stepped.error().code)},
                                            {"reason", stepped.error().message},
                                            {"pause_ms", pause.count()}});
    if (stepped.error().code == ErrorCode::kUnsupported) {
      const std::lock_guard lock(mutex_);
      fatal_ = stepped.error().message;
    }
    Pause(running, pause);
    pause = std::min(pause * 2, kPauseMax);
  }
  {
    const std::lock_guard lock(running.mutex);
    running.state.reset();
  }
  running.task->Release();
  running.ended = true;
}

void Supervisor::AfterStep(Running& running) {
  const std::lock_guard lock(running.mutex);
  running.positions = running.task->InputPositions();
  running.table_bytes = running.task->TableBytes();
  if (!running.ready) {
    running.state = running.task->State();
    running.last_error.clear();
    running.ready = true;
  }
}

void Supervisor::Pause(Running& running, std::chrono::milliseconds pause) const {
  const auto until = std::chrono::steady_clock::now() + pause;
  while (!running.stop && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(pause, std::chrono::milliseconds(10)));
  }
}

void Supervisor::Advise() {
  std::vector<Position> next;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, running] : tasks_) {
      const std::lock_guard task_lock(running->mutex);
      next.insert(next.end(), running->positions.begin(), running->positions.end());
    }
  }
  if (next.empty()) return;
  MeasureLag(next);
  const auto advised = membership_->AdviseOffsets(next);
  if (!advised.ok()) LogDebug("group offsets not advised", {{"reason", advised.error().message}});
}

// What batches freed stays with the allocator, which is well as long as there is room.
void Supervisor::ReturnMemory() {
  const auto now = std::chrono::steady_clock::now();
  if (now - returned_at_ < kReturnInterval || ResidentBytes() < options_.memory.resident) return;
  ReturnFreeMemory();
  returned_at_ = now;
}

// The view holds what the topic says and cannot be cut; the tables are caches and make room for it.
void Supervisor::BoundMemory() {
  constexpr std::size_t kTableBytesMin = 1 << 20;
  const MemoryBounds& bounds = options_.memory;
  const std::size_t view = view_ == nullptr ? 0 : view_->Latest()->Bytes();
  const std::size_t excess = view > bounds.view ? view - bounds.view : 0;
  const std::size_t tables = bounds.tables > excess ? bounds.tables - excess : 0;
  table_budget_->bytes_max = std::max(tables / bounds.tasks, kTableBytesMin);
  if (const bool exceeds = excess > 0; exceeds != std::exchange(view_exceeds_, exceeds) && exceeds) {
    LogWarn("the item view is larger than state.view_share; the tables make room",
            {{"view_bytes", view}, {"share_bytes", bounds.view}, {"items", view_->Latest()->ItemCount()}});
  }
}

EngineMemory Supervisor::Memory() const {
  EngineMemory memory;
  memory.view = view_->Latest()->Bytes();
  const std::lock_guard lock(mutex_);
  for (const auto& [id, running] : tasks_) {
    const std::lock_guard task_lock(running->mutex);
    memory.tables += running->table_bytes;
  }
  return memory;
}

void Supervisor::MeasureLag(const std::vector<Position>& next) {
  std::map<std::string, std::int64_t> behind;
  const auto until = std::chrono::steady_clock::now() + kLagTimeMax;
  for (const Position& position : next) {
    const auto marks = log_.QueryWatermarks(position.from, Isolation::kReadCommitted);
    // Each question may wait for half a minute, and the group must be polled meanwhile: the next time, then.
    if (!marks.ok() || std::chrono::steady_clock::now() > until) return;
    behind[position.from.topic] += std::max<std::int64_t>(0, marks->high.value - position.next.value);
  }
  for (const auto& [topic, records] : behind) {
    metrics_
        .GetGauge("freshet_lag_records",
                  "Committed input offsets not yet processed, partitions of this process", {{"topic", topic}})
        .Set(static_cast<double>(records));
  }
}

std::vector<std::string> Supervisor::NotReady() const {
  std::vector<std::string> missing;
  if (!view_->CaughtUp()) missing.push_back("the item view is catching up");
  if (!assigned_) missing.push_back("no partitions assigned yet");
  const std::lock_guard lock(mutex_);
  for (const auto& [id, spec] : wanted_) {
    if (!tasks_.contains(id))
      missing.push_back(fmt::format("task {}-{} is being started", id.first, id.second));
  }
  for (const auto& [id, running] : tasks_) {
    if (running->ready) continue;
    const std::lock_guard task_lock(running->mutex);
    missing.push_back(fmt::format("task {}-{} is being acquired{}", id.first, id.second,
                                  running->last_error.empty() ? "" : ": " + running->last_error));
  }
  return missing;
}

std::shared_ptr<const Database> Supervisor::StateOf(const std::string& operator_name,
                                                    Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto at = tasks_.find({operator_name, partition.value});
  if (at == tasks_.end()) return nullptr;
  const std::lock_guard task_lock(at->second->mutex);
  return at->second->state;
}

std::string Supervisor::FatalError() const {
  const std::lock_guard lock(mutex_);
  return fatal_;
}

}  // namespace freshet
