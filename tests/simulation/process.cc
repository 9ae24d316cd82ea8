#include "simulation/process.h"

#include <algorithm>
#include <filesystem>

#include "base/format.h"
#include "simulation/disk_faults.h"

namespace freshet::simulation {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCacheBytes = 1 << 20;  // states are tiny
constexpr std::size_t kMemtableBytes = 4 << 20;
constexpr std::chrono::milliseconds kSessionTimeout{200};  // of virtual time: so many calls

}  // namespace

Process::Process(std::shared_ptr<simulated::SimulatedCluster> cluster, const Scenario& scenario,
                 Options options)
    : cluster_(std::move(cluster)),
      scenario_(scenario),
      options_(std::move(options)),
      memory_(MakeStorageMemory(kCacheBytes, kMemtableBytes)) {
  for (const OperatorSpec& spec : scenario_.topology().operators) {
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      names_.push_back(fmt::format("{}-{}", spec.name, p));
      leads_.push_back({scenario_.topology().TopicOf(spec.inputs.front()), {p}});
    }
  }
  owned_.resize(names_.size());
}

void Process::Start() {
  raw_ = std::make_unique<simulated::SimulatedLog>(cluster_, options_.name);
  log_ = std::make_unique<BrokenLog>(*raw_, options_.broken);
  const Topology& topology = scenario_.topology();
  JoinGroup();
  ViewFeed::Options feed;
  feed.topic = topology.TopicOf(kItemModelRole);
  feed.partitions = topology.item_partitions;
  feed.view = scenario_.view();
  feed_ = std::make_unique<ViewFeed>(*log_, feed, metrics_, cluster_->clock());
  for (const OperatorSpec& spec : topology.operators) {
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      TaskOptions task;
      task.partition = {p};
      task.state_directory = DirectoryOf(tasks_.size());
      task.limits = options_.limits;
      task.storage_memory = memory_;
      tasks_.push_back(std::make_unique<Task>(*log_, topology, spec, task));
      Task::Surroundings around;
      around.views = spec.reads_items ? feed_.get() : nullptr;
      around.clock = &cluster_->clock();
      around.on_commit = [this, p](const CommittedBatch& batch) { options_.on_commit(batch, {p}); };
      tasks_.back()->Attach(std::move(around));
    }
  }
}

void Process::JoinGroup() {
  if (!options_.grouped) return;
  std::fill(owned_.begin(), owned_.end(), false);  // until the group says more
  GroupOptions group;
  group.group = "simulation";
  group.instance_id = options_.instance_id;
  group.session_timeout = kSessionTimeout;
  for (const TopicPartition& lead : leads_) {
    if (lead.partition.value == 0) group.lead_topics.push_back(lead.topic);
  }
  auto joined = raw_->Join(group);
  while (!joined.ok() && joined.error().code == ErrorCode::kUnavailable) joined = raw_->Join(group);
  if (joined.ok()) membership_ = std::move(*joined);  // else it crashed: it will be started again
}

bool Process::PollGroup() {
  if (membership_ == nullptr) return false;
  const auto polled = membership_->Poll(std::chrono::milliseconds(0));
  if (!polled.ok() || !polled->has_value()) return false;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    const bool mine = std::find((*polled)->begin(), (*polled)->end(), leads_[task]) != (*polled)->end();
    if (owned_[task] && !mine) tasks_[task]->Release();
    owned_[task] = mine;
  }
  return true;
}

void Process::Leave() {
  for (auto& task : tasks_) task->Release();
  if (membership_ != nullptr) static_cast<void>(membership_->Leave());
  Kill();
}

void Process::Kill() {
  if (raw_ == nullptr) return;
  raw_->Crash();
  tasks_.clear();
  membership_.reset();
  feed_.reset();
  log_.reset();
  raw_.reset();
}

std::string Process::DirectoryOf(std::size_t task) const {
  return options_.folder + "/state/" + names_[task];
}
std::string Process::CopyOf(std::size_t task) const { return options_.folder + "/copy-" + names_[task]; }

void Process::LoseDirectory(std::size_t task) { fs::remove_all(DirectoryOf(task)); }

void Process::TearSomeFile(std::size_t task, Random& random) {
  simulation::TearSomeFile(DirectoryOf(task), random);
}

void Process::KeepCopy(std::size_t task) {
  if (!fs::exists(DirectoryOf(task))) return;
  fs::remove_all(CopyOf(task));
  fs::copy(DirectoryOf(task), CopyOf(task), fs::copy_options::recursive);
}

bool Process::PutCopyBack(std::size_t task) {
  if (!fs::exists(CopyOf(task))) return false;
  fs::remove_all(DirectoryOf(task));
  fs::copy(CopyOf(task), DirectoryOf(task), fs::copy_options::recursive);
  return true;
}

}  // namespace freshet::simulation
