#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet::kafka {

/// Longest key + value that fits a producer whose message.max.bytes is `message_max_bytes`.
std::int64_t RecordBytesMax(std::int64_t message_max_bytes);

/// An idempotent producer, transactional when it has an id. One thread at a time.
class KafkaWriter final : public Writer {
 public:
  /// `topic_bytes_max`: max.message.bytes of the topics for which it is known.
  static Result<std::unique_ptr<Writer>> Open(const KafkaOptions& kafka, const WriterOptions& options,
                                              const std::map<std::string, std::int64_t>& topic_bytes_max);
  /// Aborts an open transaction, within a second.
  ~KafkaWriter() override;
  Result<void> Initialise() override;
  Result<void> Begin() override;
  Result<void> Check(const OutputRecord& record) override;
  Result<void> Append(OutputRecord record) override;
  Result<CommitReceipt> Commit() override;
  Result<void> Abort() override;

 private:
  /// What a delivery report needs of its partition; the producer holds a pointer to it for each record.
  struct Slot {
    TopicPartition to;
    std::int64_t last_offset = -1;
    std::int64_t undelivered_bytes = 0;  // sent, and neither delivered nor given up
  };
  struct Topic {
    Owned<rd_kafka_topic_t> handle;
    std::int64_t bytes_max = 0;
    std::vector<std::unique_ptr<Slot>> slots;  // one a partition
  };
  using SteadyClock = std::chrono::steady_clock;
  enum class State { kNew, kReady, kOpen };

  KafkaWriter(const KafkaOptions& kafka, const WriterOptions& options);
  bool transactional() const { return options_.transactional_id.has_value(); }
  std::string What(std::string_view operation) const;
  Result<void> Expect(State state, std::string_view operation) const;
  Result<void> InitTransactions();
  void WarmUp();
  Result<Topic*> FindTopic(const std::string& name);
  Result<void> LoadPartitions(Topic& topic, const std::string& name);
  Result<Slot*> FindSlot(Topic& topic, const TopicPartition& to);
  Result<void> CheckSize(const Topic& topic, const OutputRecord& record) const;
  Result<void> Send(const Topic& topic, Slot& slot, const OutputRecord& record);
  Error SendError(rd_kafka_resp_err_t code, const OutputRecord& record);
  Error TransactionError(rd_kafka_error_t* error, std::string_view operation);
  void WaitForMarkers();
  void LearnCommitTime(SteadyClock::time_point started);
  void SendFullBatches();
  bool HasFullBatch() const;
  Result<void> Flush();
  void Settle();
  void ForgetTransaction();
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  void Delivered(const rd_kafka_message_t& message);

  const KafkaOptions kafka_;
  const WriterOptions options_;
  std::map<std::string, std::int64_t> topic_bytes_max_;
  std::int64_t record_bytes_max_ = 0;
  std::int64_t batch_bytes_ = 0;
  State state_ = State::kNew;
  bool failed_ = false;  // the open transaction can only be aborted
  std::uint64_t appended_ = 0;
  SteadyClock::time_point committed_at_;
  std::chrono::microseconds commit_time_{0};       // smoothed
  std::vector<Slot*> delivered_;                   // with an offset in this transaction
  bool never_delivered_ = false;                   // a record of the transaction is too long for its topic
  std::string delivery_error_;                     // the first of the transaction
  std::unique_ptr<Handle> handle_;                 // after what its callbacks use
  std::unordered_map<std::string, Topic> topics_;  // after handle_: topic handles go first
  Topic* last_topic_ = nullptr;
  std::string last_name_;
};

}  // namespace freshet::kafka
