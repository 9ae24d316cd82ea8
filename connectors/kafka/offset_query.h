#pragma once

#include <memory>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet::kafka {

/// Asks for offsets. Thread-safe. Watermarks follow the isolation level of the client that asks, so there is
/// one client for each. It has no group and never fetches.
class OffsetQuery final {
 public:
  static Result<std::unique_ptr<OffsetQuery>> Open(const KafkaOptions& kafka, Isolation isolation);
  Result<Watermarks> Query(const TopicPartition& of) const;
  Result<Offset> ForTime(const TopicPartition& of, Timestamp time) const;

 private:
  OffsetQuery(const KafkaOptions& kafka, Handle handle);
  Result<void> CheckExists(const TopicPartition& of) const;

  const KafkaOptions kafka_;
  Handle handle_;
};

}  // namespace freshet::kafka
