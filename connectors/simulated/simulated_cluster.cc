#include "connectors/simulated/simulated_cluster.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"

namespace freshet::simulated {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStall{120'000};  // past every transaction and session timeout in use
constexpr std::uint64_t kHangingMsMax = 20'000;
constexpr std::uint64_t kLateStepsMax = 60;
constexpr std::int64_t kDeleteRetentionMs = 86'400'000;  // Kafka's default of delete.retention.ms
constexpr std::uint64_t kAllDue = std::numeric_limits<std::uint64_t>::max();

std::string StrangerId(std::uint64_t number) { return "stranger-" + std::to_string(number); }

}  // namespace

SimulatedCluster::SimulatedCluster(ClusterOptions options)
    : options_(std::move(options)),
      clock_(options_.start),
      dice_(options_.seed, options_.plan),
      transactions_([this](const TopicPartition& of) { return FindPartition(of); }, dice_, clock_),
      groups_(
          [this](const std::string& name) { return FindTopic(name) ? FindTopic(name)->spec.partitions : 0; },
          clock_) {}

std::int64_t SimulatedCluster::Topic::Setting(const std::string& name, std::int64_t fallback) const {
  const auto found = spec.settings.find(name);
  if (found == spec.settings.end()) return fallback;
  std::int64_t value = fallback;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

void SimulatedCluster::Advance(milliseconds by) {
  const std::lock_guard lock(mutex_);
  clock_.Advance(by);
}

void SimulatedCluster::SetPlan(FaultPlan plan) {
  const std::lock_guard lock(mutex_);
  dice_.SetPlan(std::move(plan));
}

void SimulatedCluster::Inject(Operation operation, Injection injection, int times) {
  const std::lock_guard lock(mutex_);
  dice_.Script(operation, injection, times);
}

void SimulatedCluster::Fence(const std::string& transactional_id) {
  const std::lock_guard lock(mutex_);
  transactions_.Initialise(transactional_id, milliseconds(60'000));
}

void SimulatedCluster::HangTransaction(const TopicPartition& at, milliseconds duration) {
  const std::lock_guard lock(mutex_);
  LeaveHanging(at, duration);
}

void SimulatedCluster::LeaveHanging(const TopicPartition& at, milliseconds duration) {
  ++counts_.hanging_transactions;
  // Ids are used again, so that a long run does not collect producers.
  std::uint64_t number = 1;
  while (transactions_.IsOpen(StrangerId(number))) ++number;
  strangers_ = std::max(strangers_, number);
  const std::string id = StrangerId(number);
  const ProducerSession session = transactions_.Initialise(id, duration);
  const OutputRecord record{at, "stranger", "left open", {}, std::nullopt};
  FRESHET_ASSERT(transactions_.Produce(session, record).ok());
}

void SimulatedCluster::Settle() {
  const std::lock_guard lock(mutex_);
  DeliverLateRequests(kAllDue);
  for (std::uint64_t n = 1; n <= strangers_; ++n) {
    if (transactions_.IsOpen(StrangerId(n))) transactions_.Initialise(StrangerId(n), milliseconds(60'000));
  }
  transactions_.Settle();
}

void SimulatedCluster::Compact(const TopicPartition& of, Offset limit) {
  const std::lock_guard lock(mutex_);
  CompactPartition(*FindTopic(of.topic), Existing(of), limit);
}

void SimulatedCluster::DeleteBefore(const TopicPartition& of, Offset low) {
  const std::lock_guard lock(mutex_);
  Existing(of).DeleteBefore(low);
}

void SimulatedCluster::Truncate(const TopicPartition& of, Offset high) {
  const std::lock_guard lock(mutex_);
  Existing(of).Truncate(high);
}

void SimulatedCluster::ApplyRetention() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, topic] : topics_) {
    if (!topic.spec.retention || topic.spec.cleanup == Cleanup::kCompact) continue;
    const Timestamp oldest{clock_.Now().ms - topic.spec.retention->count()};
    for (PartitionLog& partition : topic.partitions) partition.Retain(oldest);
  }
}

void SimulatedCluster::CompactAll() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, topic] : topics_) {
    if (!topic.Compacts()) continue;
    for (PartitionLog& partition : topic.partitions) {
      CompactPartition(topic, partition, partition.End(Isolation::kReadCommitted));
    }
  }
}

std::vector<Record> SimulatedCluster::Dump(const TopicPartition& of, Isolation isolation) const {
  const std::lock_guard lock(mutex_);
  std::vector<Record> records;
  const PartitionLog* partition = FindPartition(of);
  if (partition == nullptr) return records;
  FetchBudget budget{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max(), false};
  partition->Fetch(partition->Low(), isolation, budget, records);
  return records;
}

std::map<TopicPartition, Offset> SimulatedCluster::AdvisedOffsets(const std::string& group) const {
  const std::lock_guard lock(mutex_);
  return groups_.AdvisedOffsets(group);
}

ClusterCounts SimulatedCluster::Counts() const {
  const std::lock_guard lock(mutex_);
  ClusterCounts counts = counts_;
  counts.torn_transactions = transactions_.TornTransactions();
  return counts;
}

Injection SimulatedCluster::BeginStep(Operation operation) {
  Tick();
  const Injection injection = dice_.Draw(operation);
  if (injection != Injection::kStall) return injection;
  clock_.Advance(kStall);
  transactions_.Tick(counts_.steps);
  return Injection::kNone;
}

void SimulatedCluster::Tick() {
  ++counts_.steps;
  clock_.Advance(options_.step);
  transactions_.Tick(counts_.steps);
  if (!late_.empty()) DeliverLateRequests(counts_.steps);
  DisturbAtRandom();
}

void SimulatedCluster::DeliverLateRequests(std::uint64_t due) {
  std::vector<LateRequest> arrived;
  std::erase_if(late_, [&](LateRequest& request) {
    if (request.due > due) return false;
    arrived.push_back(std::move(request));
    return true;
  });
  for (const LateRequest& request : arrived) {
    bool accepted = true;
    for (const OutputRecord& record : request.records) {
      accepted = accepted && transactions_.Produce(request.session, record).ok();
    }
    if (accepted && request.end) accepted = transactions_.EndWhatIsOpen(request.session);
    ++counts_.late_requests;
    if (!accepted) ++counts_.late_requests_refused;
  }
}

void SimulatedCluster::SendLate(ProducerSession session, std::vector<OutputRecord> records, bool end) {
  late_.push_back(
      {counts_.steps + 1 + dice_.Below(kLateStepsMax), std::move(session), std::move(records), end});
}

void SimulatedCluster::DisturbAtRandom() {
  if (topics_.empty()) return;
  if (dice_.Chance(dice_.plan().compaction)) CompactSomewhere();
  if (!dice_.Chance(dice_.plan().hanging)) return;
  const auto topic = std::next(topics_.begin(), static_cast<std::ptrdiff_t>(dice_.Below(topics_.size())));
  const auto partitions = static_cast<std::uint64_t>(topic->second.spec.partitions);
  const Partition partition{static_cast<std::int32_t>(dice_.Below(partitions))};
  LeaveHanging({topic->first, partition}, milliseconds(1 + dice_.Below(kHangingMsMax)));
}

void SimulatedCluster::CompactSomewhere() {
  std::vector<Topic*> compacted;
  for (auto& [name, topic] : topics_) {
    if (topic.Compacts()) compacted.push_back(&topic);
  }
  if (compacted.empty()) return;
  Topic& topic = *compacted[dice_.Below(compacted.size())];
  PartitionLog& partition = topic.partitions[dice_.Below(topic.partitions.size())];
  const auto span = static_cast<std::uint64_t>(partition.End(Isolation::kReadCommitted).value + 1);
  CompactPartition(topic, partition, Offset{static_cast<std::int64_t>(dice_.Below(span))});
}

void SimulatedCluster::CompactPartition(Topic& topic, PartitionLog& partition, Offset limit) {
  const Timestamp lag_begin{clock_.Now().ms - topic.Setting("min.compaction.lag.ms", 0)};
  const Offset old_enough = lag_begin < clock_.Now() ? partition.FirstAppendedSince(lag_begin) : limit;
  const Timestamp tombstones{clock_.Now().ms - topic.Setting("delete.retention.ms", kDeleteRetentionMs)};
  const Offset whole = dice_.plan().compact_torn ? limit : partition.FirstTorn().value_or(limit);
  partition.Compact(std::min({limit, old_enough, whole}), tombstones);
  ++counts_.compactions;
}

PartitionLog* SimulatedCluster::FindPartition(const TopicPartition& of) {
  Topic* topic = FindTopic(of.topic);
  const auto number = static_cast<std::size_t>(of.partition.value);
  if (topic == nullptr || of.partition.value < 0 || number >= topic->partitions.size()) return nullptr;
  return &topic->partitions[number];
}

const PartitionLog* SimulatedCluster::FindPartition(const TopicPartition& of) const {
  return const_cast<SimulatedCluster*>(this)->FindPartition(of);
}

PartitionLog& SimulatedCluster::Existing(const TopicPartition& of) {
  PartitionLog* partition = FindPartition(of);
  FRESHET_ASSERT(partition != nullptr);
  return *partition;
}

SimulatedCluster::Topic* SimulatedCluster::FindTopic(const std::string& name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

}  // namespace freshet::simulated
