#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/simulated/faults.h"
#include "connectors/simulated/partition_log.h"
#include "freshet/log.h"

namespace freshet::simulated {

/// A writer's identity at the coordinator. An older epoch than the coordinator's is fenced.
struct ProducerSession {
  std::string transactional_id;
  ProducerId producer = 0;
  std::int32_t epoch = 0;
};

struct Produced {
  Offset offset;
  std::uint64_t transaction = 0;  ///< number of the id's transaction that holds the record
};

/// Kafka's transaction coordinator: epochs, fencing, timeouts, and markers that may come late.
class TransactionCoordinator final {
 public:
  using FindPartition = std::function<PartitionLog*(const TopicPartition&)>;
  TransactionCoordinator(FindPartition find, FaultDice& dice, const Clock& clock)
      : find_(std::move(find)), dice_(dice), clock_(clock) {}

  /// Ends the id's open transaction and raises the epoch.
  ProducerSession Initialise(const std::string& id, std::chrono::milliseconds timeout);
  /// Opens a transaction where none is open. kFenced; kNotFound.
  Result<Produced> Produce(const ProducerSession& session, const OutputRecord& record);
  /// Ends that transaction, or repeats the answer when it has ended already. kFenced: by another owner, or
  /// it ended the other way.
  Result<void> End(const ProducerSession& session, std::uint64_t transaction, bool commit);
  /// A request that does not say which transaction it meant: commits whatever is open. False: refused.
  bool EndWhatIsOpen(const ProducerSession& session);
  bool IsOpen(const std::string& id) const;

  /// Aborts transactions past their timeout (which fences their writers) and writes markers that are due.
  void Tick(std::uint64_t step);
  /// Writes all markers that are still on their way.
  void Settle();
  std::uint64_t TornTransactions() const { return torn_; }

 private:
  struct LateMarker {
    TopicPartition to;
    bool commit = false;
    std::uint64_t due = 0;
  };
  struct Producer {
    ProducerId producer = 0;
    std::int32_t epoch = 0;
    std::chrono::milliseconds timeout{0};
    bool open = false;
    Timestamp deadline;
    std::uint64_t transaction = 0;
    bool last_committed = false;
    std::set<TopicPartition> partitions;
    std::vector<LateMarker> late_markers;
  };
  Result<Producer*> Check(const ProducerSession& session);
  void Finish(Producer& producer, bool commit);
  void WriteMarker(const TopicPartition& to, Producer& producer, bool commit);
  void WriteLateMarkers(Producer& producer, std::uint64_t due);

  FindPartition find_;
  FaultDice& dice_;
  const Clock& clock_;
  std::map<std::string, Producer> producers_;
  ProducerId next_producer_ = 1;
  std::uint64_t step_ = 0;
  std::uint64_t torn_ = 0;
};

}  // namespace freshet::simulated
