#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet::kafka {

/// A consumer with a hand-made assignment. One thread.
class KafkaReader final : public Reader {
 public:
  static Result<std::unique_ptr<Reader>> Open(const KafkaOptions& kafka, const ReaderOptions& options);
  Result<void> Assign(std::vector<Position> positions) override;
  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override;

 private:
  using Message = Owned<rd_kafka_message_t>;
  KafkaReader(const KafkaOptions& kafka, const ReaderOptions& options, Handle handle);
  Result<void> CheckPositions();
  Result<void> Start();
  Message Next(int timeout_ms);
  void Drained();
  bool Take(Message message, const PollLimits& limits, PollResult& result);
  void TakeError(const rd_kafka_message_t& message);
  void TakeRecord(const rd_kafka_message_t& message, std::uint32_t source, PollResult& result);
  std::optional<std::uint32_t> SourceOf(const rd_kafka_message_t& message);
  std::string NameOfMessage(const rd_kafka_message_t& message) const;

  const KafkaOptions kafka_;
  const ReaderOptions options_;
  std::vector<Position> positions_;  // `next` moves on as records are taken
  std::vector<bool> at_end_;         // by source: its end was reported, and no record since
  std::map<TopicPartition, std::uint32_t> sources_;
  std::optional<Error> position_error_;  // until the next Assign
  std::optional<Error> passing_error_;   // told once, after the records before it
  Handle handle_;
  Message held_;                   // taken from the client, over the limit of the last Poll
  std::size_t taken_bytes_ = 0;    // by this Poll
  std::size_t drained_bytes_ = 0;  // since the client had nothing more to give
  // Most records come from the partition of the one before.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  std::int32_t last_partition_ = -1;
  std::uint32_t last_source_ = 0;
};

}  // namespace freshet::kafka
