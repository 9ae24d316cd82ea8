#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/simulated/coordinator.h"
#include "connectors/simulated/faults.h"
#include "connectors/simulated/group_coordinator.h"
#include "connectors/simulated/partition_log.h"
#include "freshet/log.h"

namespace freshet::simulated {

struct ClusterOptions {
  std::uint64_t seed = 1;
  FaultPlan plan;
  Timestamp start{1'700'000'000'000};
  std::chrono::milliseconds step{1};  ///< virtual time that each call takes
  std::int64_t message_bytes_max = 1 << 20;
};

/// One call of a client, before or after it was done.
struct Step {
  Operation operation = Operation::kPoll;
  bool after = false;
  std::uint64_t number = 0;  ///< of the call, from 1, over all clients
  std::string process;       ///< name of the SimulatedLog that called
};

enum class StepAction { kContinue, kCrash };

/// Called around every call, without a lock. It may return kCrash: the caller's process is cut off, and this
/// and all its later calls answer kCancelled without effect.
using StepHook = std::function<StepAction(const Step&)>;

struct ClusterCounts {
  std::uint64_t steps = 0;
  std::uint64_t late_requests = 0;          ///< arrived after their writer was gone
  std::uint64_t late_requests_refused = 0;  ///< of those, fenced
  std::uint64_t compactions = 0;
  std::uint64_t torn_transactions = 0;
  std::uint64_t hanging_transactions = 0;
};

/// A broker in memory that a seed drives: topics, transactions, groups, a virtual clock and faults.
/// Everything that can happen in the background happens between two calls, in an order that the seed decides;
/// nothing sleeps and there are no threads. SimulatedLog is one process's connection to it. Thread-safe, but
/// deterministic only when its calls come in a deterministic order.
class SimulatedCluster final {
 public:
  explicit SimulatedCluster(ClusterOptions options);

  const Clock& clock() const { return clock_; }
  void Advance(std::chrono::milliseconds by);
  void SetHook(StepHook hook) { hook_ = std::move(hook); }
  void SetPlan(FaultPlan plan);
  void Inject(Operation operation, Injection injection, int times = 1);

  /// Another writer with this id comes up: the present one is fenced, its open transaction aborted.
  void Fence(const std::string& transactional_id);
  /// A stranger appends one record in a transaction and leaves it open for `duration`; then it is aborted.
  void HangTransaction(const TopicPartition& at, std::chrono::milliseconds duration);
  /// Aborts what strangers left open, writes late markers and delivers or refuses late requests, now.
  void Settle();
  void Compact(const TopicPartition& of, Offset limit);
  void DeleteBefore(const TopicPartition& of, Offset low);
  void Truncate(const TopicPartition& of, Offset high);
  void ApplyRetention();
  /// Compacts every compacted partition as far as its settings allow.
  void CompactAll();

  /// What a reader would find in the whole partition, without a step.
  std::vector<Record> Dump(const TopicPartition& of, Isolation isolation) const;
  std::map<TopicPartition, Offset> AdvisedOffsets(const std::string& group) const;
  ClusterCounts Counts() const;

 private:
  friend class Connection;
  friend class SimulatedLog;
  friend class SimulatedReader;
  friend class SimulatedWriter;
  friend class SimulatedMembership;

  struct Topic {
    TopicSpec spec;
    std::string id;
    std::vector<PartitionLog> partitions;
    bool Compacts() const { return spec.cleanup != Cleanup::kDelete; }
    std::int64_t Setting(const std::string& name, std::int64_t fallback) const;
  };
  struct LateRequest {
    std::uint64_t due = 0;
    ProducerSession session;
    std::vector<OutputRecord> records;
    bool end = false;
  };

  // All below: with the lock held.
  Injection BeginStep(Operation operation);
  void Tick();
  void DeliverLateRequests(std::uint64_t due);
  void SendLate(ProducerSession session, std::vector<OutputRecord> records, bool end);
  void DisturbAtRandom();
  void CompactSomewhere();
  void CompactPartition(Topic& topic, PartitionLog& partition, Offset limit);
  void LeaveHanging(const TopicPartition& at, std::chrono::milliseconds duration);
  PartitionLog* FindPartition(const TopicPartition& of);
  const PartitionLog* FindPartition(const TopicPartition& of) const;
  PartitionLog& Existing(const TopicPartition& of);
  Topic* FindTopic(const std::string& name);

  const ClusterOptions options_;
  mutable std::mutex mutex_;
  StepHook hook_;
  ManualClock clock_;
  FaultDice dice_;
  std::map<std::string, Topic> topics_;
  TransactionCoordinator transactions_;
  GroupCoordinator groups_;
  std::vector<LateRequest> late_;
  ClusterCounts counts_;
  std::uint64_t topics_created_ = 0;
  std::uint64_t strangers_ = 0;
};

}  // namespace freshet::simulated
