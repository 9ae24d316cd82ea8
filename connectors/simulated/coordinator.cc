#include "connectors/simulated/coordinator.h"

#include <limits>

namespace freshet::simulated {

namespace {

constexpr std::uint64_t kMarkerDelayStepsMax = 40;
constexpr std::uint64_t kAllDue = std::numeric_limits<std::uint64_t>::max();

}  // namespace

ProducerSession TransactionCoordinator::Initialise(const std::string& id, std::chrono::milliseconds timeout) {
  Producer& producer = producers_[id];
  if (producer.producer == 0) producer.producer = next_producer_++;
  if (producer.open) Finish(producer, false);
  // Kafka answers only when the previous transaction is complete.
  WriteLateMarkers(producer, kAllDue);
  ++producer.epoch;
  producer.timeout = timeout;
  return {id, producer.producer, producer.epoch};
}

Result<TransactionCoordinator::Producer*> TransactionCoordinator::Check(const ProducerSession& session) {
  const auto found = producers_.find(session.transactional_id);
  const bool current = found != producers_.end() && found->second.epoch == session.epoch;
  if (!current && dice_.plan().fence_enabled) {
    return MakeError(ErrorCode::kFenced,
                     "transactional id " + session.transactional_id +
                         " has a newer owner or its transaction timed out: acquire afresh");
  }
  return &found->second;
}

Result<Produced> TransactionCoordinator::Produce(const ProducerSession& session, const OutputRecord& record) {
  FRESHET_TRY(Producer * producer, Check(session));
  PartitionLog* partition = find_(record.to);
  if (partition == nullptr) {
    return MakeError(ErrorCode::kNotFound, record.to.topic + " does not exist: create the topic");
  }
  if (!producer->open) {
    // AddPartitionsToTxn is refused and repeated until the previous transaction is complete.
    WriteLateMarkers(*producer, kAllDue);
    producer->open = true;
    producer->deadline = {clock_.Now().ms + producer->timeout.count()};
    ++producer->transaction;
  }
  producer->partitions.insert(record.to);
  return Produced{partition->Append(record, clock_.Now(), producer->producer), producer->transaction};
}

Result<void> TransactionCoordinator::End(const ProducerSession& session, std::uint64_t transaction,
                                         bool commit) {
  FRESHET_TRY(Producer * producer, Check(session));
  if (producer->open && producer->transaction == transaction) {
    Finish(*producer, commit);
    return {};
  }
  const bool answered_before = producer->transaction == transaction && producer->last_committed == commit;
  if (answered_before) return {};
  return MakeError(ErrorCode::kFenced, "the transaction of " + session.transactional_id +
                                           " has already ended the other way: acquire afresh");
}

bool TransactionCoordinator::EndWhatIsOpen(const ProducerSession& session) {
  auto producer = Check(session);
  if (!producer.ok() || !(*producer)->open) return false;
  Finish(**producer, true);
  return true;
}

bool TransactionCoordinator::IsOpen(const std::string& id) const {
  const auto found = producers_.find(id);
  return found != producers_.end() && found->second.open;
}

void TransactionCoordinator::Finish(Producer& producer, bool commit) {
  producer.open = false;
  producer.last_committed = commit;
  for (const TopicPartition& to : producer.partitions) {
    if (dice_.Chance(dice_.plan().delayed_markers)) {
      producer.late_markers.push_back({to, commit, step_ + 1 + dice_.Below(kMarkerDelayStepsMax)});
    } else {
      WriteMarker(to, producer, commit);
    }
  }
  producer.partitions.clear();
}

void TransactionCoordinator::WriteMarker(const TopicPartition& to, Producer& producer, bool commit) {
  PartitionLog* partition = find_(to);
  if (partition == nullptr) return;
  const std::size_t records = commit ? 0 : partition->OpenRecords(producer.producer);
  const bool tear =
      records >= 2 && dice_.plan().tearable_topics.contains(to.topic) && dice_.Chance(dice_.plan().torn);
  if (!tear) return partition->EndTransaction(producer.producer, commit, clock_.Now());
  partition->TearTransaction(producer.producer, 1 + dice_.Below(records - 1), clock_.Now());
  ++torn_;
}

void TransactionCoordinator::WriteLateMarkers(Producer& producer, std::uint64_t due) {
  std::erase_if(producer.late_markers, [&](const LateMarker& marker) {
    if (marker.due > due) return false;
    WriteMarker(marker.to, producer, marker.commit);
    return true;
  });
}

void TransactionCoordinator::Tick(std::uint64_t step) {
  step_ = step;
  for (auto& [id, producer] : producers_) {
    if (!producer.late_markers.empty()) WriteLateMarkers(producer, step);
    if (!producer.open || clock_.Now() < producer.deadline) continue;
    Finish(producer, false);
    ++producer.epoch;
  }
}

void TransactionCoordinator::Settle() {
  for (auto& [id, producer] : producers_) WriteLateMarkers(producer, kAllDue);
}

}  // namespace freshet::simulated
