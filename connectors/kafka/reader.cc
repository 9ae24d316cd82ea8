#include "connectors/kafka/reader.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/logging.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/metadata.h"

namespace freshet::kafka {
namespace {

std::optional<std::string> CopyBytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

std::vector<Header> CopyHeaders(const rd_kafka_message_t& message) {
  std::vector<Header> copied;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return copied;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  copied.reserve(rd_kafka_header_cnt(headers));
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    copied.push_back({name, CopyBytes(value, size).value_or("")});
  }
  return copied;
}

// Errors after which librdkafka stops reading the partition, or goes on behind a hole.
bool EndsReading(ErrorCode code) {
  return code == ErrorCode::kOutOfRange || code == ErrorCode::kNotFound || code == ErrorCode::kCorrupt ||
         code == ErrorCode::kInvalidArgument;
}

constexpr std::size_t kBytesPerKilobyte = 1'024;
constexpr std::size_t kFetchBytesMin = 64 << 10;
constexpr std::size_t kFetchBytesMax = 50 << 20;

}  // namespace

Result<std::unique_ptr<Reader>> KafkaReader::Open(const KafkaOptions& kafka, const ReaderOptions& options) {
  const std::size_t buffer = std::max(options.buffer_bytes_max, kFetchBytesMin);
  const std::size_t fetch = std::min(buffer, kFetchBytesMax);
  const bool committed = options.isolation == Isolation::kReadCommitted;
  SettingList decided = {
      // Needed for assign() to work; the group is never joined and never committed to.
      {"group.id", kafka.client_id + "-reader"},
      {"isolation.level", committed ? "read_committed" : "read_uncommitted"},
      {"fetch.wait.max.ms", std::to_string(options.fetch_wait_max.count())},
      {"queued.max.messages.kbytes", std::to_string(buffer / kBytesPerKilobyte)},
  };
  if (!kafka.consumer.contains("fetch.max.bytes")) {
    decided.emplace_back("fetch.max.bytes", std::to_string(fetch));
  }
  HandleSpec spec;
  spec.name = "reader";
  spec.settings = SettingsFor(Role::kReader, kafka, decided);
  FRESHET_TRY(auto handle, Handle::Open(spec));
  rd_kafka_poll_set_consumer(handle.get());
  return std::unique_ptr<Reader>(new KafkaReader(kafka, options, std::move(handle)));
}

KafkaReader::KafkaReader(const KafkaOptions& kafka, const ReaderOptions& options, Handle handle)
    : kafka_(kafka), options_(options), handle_(std::move(handle)) {}

Result<void> KafkaReader::Assign(std::vector<Position> positions) {
  held_.reset();
  position_error_.reset();
  passing_error_.reset();
  last_topic_ = nullptr;
  sources_.clear();
  positions_ = std::move(positions);
  at_end_.assign(positions_.size(), false);
  drained_bytes_ = 0;
  for (std::uint32_t i = 0; i < positions_.size(); ++i) {
    if (sources_.emplace(positions_[i].from, i).second) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("assign: {} is named twice", NameOf(positions_[i].from)));
  }
  auto checked = CheckPositions();
  if (!checked.ok()) {
    rd_kafka_assign(handle_.get(), nullptr);
    if (!EndsReading(checked.error().code)) return handle_.Explain(std::move(checked).error());
    position_error_ = std::move(checked).error();
    return {};
  }
  return Start();
}

// Answers at once what librdkafka would find out after half a minute (an unknown topic), and refuses negative
// offsets, which it would take for "beginning" or "end". Also warms its metadata.
Result<void> KafkaReader::CheckPositions() {
  std::map<std::string, std::int32_t> partitions;
  for (const auto& [from, next] : positions_) {
    if (!partitions.contains(from.topic)) {
      FRESHET_TRY(const TopicMetadata topic,
                  FetchTopicMetadata(handle_.get(), from.topic, kafka_.operation_timeout));
      partitions[from.topic] = topic.partitions;
    }
    if (from.partition.value < 0 || from.partition.value >= partitions[from.topic]) {
      return MakeError(ErrorCode::kNotFound,
                       fmt::format("{}: the topic has {} partitions", NameOf(from), partitions[from.topic]));
    }
    if (next.value < 0) {
      return MakeError(ErrorCode::kOutOfRange, fmt::format("{}: offset {}", NameOf(from), next.value));
    }
  }
  return {};
}

Result<void> KafkaReader::Start() {
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions_.size())));
  for (const auto& [from, next] : positions_) {
    rd_kafka_topic_partition_list_add(list.get(), from.topic.c_str(), from.partition.value)->offset =
        next.value;
  }
  const auto code = rd_kafka_assign(handle_.get(), positions_.empty() ? nullptr : list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorFrom(code, "assign");
  return {};
}

Result<PollResult> KafkaReader::Poll(std::chrono::milliseconds timeout, const PollLimits& limits) {
  const Deadline deadline(timeout);
  PollResult result;
  taken_bytes_ = 0;
  while (!position_error_ && !passing_error_ && result.records.size() < limits.records_max) {
    const bool waiting = result.records.empty() && result.ends.empty();
    Message message = Next(waiting ? deadline.Left() : 0);
    if (!message) break;
    if (!Take(std::move(message), limits, result)) break;
  }
  if (!result.records.empty() || !result.ends.empty()) return result;
  if (position_error_) return *position_error_;
  if (passing_error_) return *std::exchange(passing_error_, std::nullopt);
  return result;
}

KafkaReader::Message KafkaReader::Next(int timeout_ms) {
  if (held_) return std::move(held_);
  Message message(rd_kafka_consumer_poll(handle_.get(), timeout_ms));
  if (!message) Drained();
  return message;
}

// librdkafka 2.0.2 stops fetching when its queue is full and looks again a second later, however empty the
// queue is by then. A seek to where reading stands wakes it; there is nothing in the queue that it could
// drop.
void KafkaReader::Drained() {
  const bool was_full = drained_bytes_ >= options_.buffer_bytes_max / 2;
  drained_bytes_ = 0;
  if (!was_full) return;
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions_.size())));
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const auto& [from, next] = positions_[i];
    if (at_end_[i]) continue;
    rd_kafka_topic_partition_list_add(list.get(), from.topic.c_str(), from.partition.value)->offset =
        next.value;
  }
  constexpr int kAsynchronous = 0;
  rd_kafka_error_t* failed = rd_kafka_seek_partitions(handle_.get(), list.get(), kAsynchronous);
  if (failed) rd_kafka_error_destroy(failed);  // then fetching goes on by itself, a second later
}

// False when the message does not fit any more and was put aside.
bool KafkaReader::Take(Message message, const PollLimits& limits, PollResult& result) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    TakeError(*message);
    return true;
  }
  const auto source = SourceOf(*message);
  if (!source) return true;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    at_end_[*source] = true;
    result.ends.push_back({*source, Offset{message->offset}});
    return true;
  }
  const std::size_t bytes = message->key_len + message->len;
  if (!result.records.empty() && taken_bytes_ + bytes > limits.bytes_max) {
    held_ = std::move(message);
    return false;
  }
  taken_bytes_ += bytes;
  TakeRecord(*message, *source, result);
  return true;
}

void KafkaReader::TakeRecord(const rd_kafka_message_t& message, std::uint32_t source, PollResult& result) {
  Position& position = positions_[source];
  if (message.offset < position.next.value) {
    // A repeat; librdkafka before 2.1 is known for them around a change of assignment.
    LogWarn("record read twice was dropped",
            {{"partition", NameOf(position.from)}, {"offset", message.offset}});
    return;
  }
  position.next.value = message.offset + 1;
  at_end_[source] = false;
  drained_bytes_ += message.key_len + message.len;
  rd_kafka_timestamp_type_t kind;
  Record& record = result.records.emplace_back();
  record.source = source;
  record.offset.value = message.offset;
  record.timestamp.ms = rd_kafka_message_timestamp(&message, &kind);
  record.key = CopyBytes(message.key, message.key_len);
  record.value = CopyBytes(message.payload, message.len);
  record.headers = CopyHeaders(message);
}

void KafkaReader::TakeError(const rd_kafka_message_t& message) {
  Error error = ErrorFrom(message.err, "read " + NameOfMessage(message),
                          message.payload ? rd_kafka_message_errstr(&message) : "");
  if (EndsReading(error.code)) {
    position_error_ = std::move(error);
  } else {
    passing_error_ = handle_.Explain(std::move(error));
  }
}

std::optional<std::uint32_t> KafkaReader::SourceOf(const rd_kafka_message_t& message) {
  if (message.rkt == last_topic_ && message.partition == last_partition_) return last_source_;
  const auto found = sources_.find({rd_kafka_topic_name(message.rkt), Partition{message.partition}});
  if (found == sources_.end()) return std::nullopt;
  last_topic_ = message.rkt;
  last_partition_ = message.partition;
  last_source_ = found->second;
  return last_source_;
}

std::string KafkaReader::NameOfMessage(const rd_kafka_message_t& message) const {
  if (!message.rkt) return "from the cluster";
  return fmt::format("{} at {}", NameOf(rd_kafka_topic_name(message.rkt), Partition{message.partition}),
                     message.offset);
}

}  // namespace freshet::kafka
