#include "connectors/kafka/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "base/format.h"
#include "base/logging.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/metadata.h"

namespace freshet::kafka {
namespace {

// Batch header, record header and the lengths of one record, rounded up.
constexpr std::int64_t kFramingBytes = 128;
// Room for framing and for the headers of a record of the greatest length.
constexpr std::int64_t kReservedBytes = 1'024;
constexpr std::int64_t kBatchBytes = 1'000'000;
constexpr std::int64_t kBatchBytesMin = 1'024;
// How often delivery reports are taken while records are appended.
constexpr std::uint64_t kAppendsPerPoll = 1'024;
constexpr std::chrono::milliseconds kQueueFullWait{50};
// After this time without a delivery a commit no longer waits for full batches, but says what is the matter.
constexpr int kDeliveryPauseMs = 100;
// The markers of a commit were seen to take longer only where everything is slow.
constexpr std::chrono::microseconds kMarkersWaitMax{15'000};
constexpr int kLastAbortMs = 1'000;
constexpr int kSettleMs = 1'000;

std::int64_t SizeOf(const OutputRecord& record) {
  return static_cast<std::int64_t>((record.key ? record.key->size() : 0) +
                                   (record.value ? record.value->size() : 0));
}

std::int64_t HeaderBytes(const OutputRecord& record) {
  std::int64_t bytes = 0;
  for (const Header& header : record.headers) {
    bytes += static_cast<std::int64_t>(header.name.size() + header.value.size()) + 10;  // two varint lengths
  }
  return bytes;
}

// A batch longer than the topic's max.message.bytes is refused as a whole, however small its records are.
std::int64_t BatchBytes(const KafkaOptions& kafka,
                        const std::map<std::string, std::int64_t>& topic_bytes_max) {
  std::int64_t bytes = kBatchBytes;
  if (const auto given = kafka.producer.find("batch.size"); given != kafka.producer.end()) {
    const std::string& text = given->second;
    std::int64_t wanted = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), wanted);
    return read.ec == std::errc() && wanted > 0 ? wanted : bytes;
  }
  for (const auto& [topic, bytes_max] : topic_bytes_max) bytes = std::min(bytes, bytes_max);
  return std::max(bytes, kBatchBytesMin);
}

Owned<rd_kafka_headers_t> ConvertHeaders(const std::vector<Header>& headers) {
  Owned<rd_kafka_headers_t> converted(rd_kafka_headers_new(headers.size()));
  for (const auto& [name, value] : headers) {
    rd_kafka_header_add(converted.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return converted;
}

struct Bytes {
  void* data = nullptr;
  std::size_t size = 0;
};

// librdkafka copies and never writes through the pointer; its signature lacks the const.
Bytes Borrow(const std::optional<std::string>& bytes) {
  if (!bytes) return {};
  return {const_cast<char*>(bytes->data()), bytes->size()};
}

}  // namespace

std::int64_t RecordBytesMax(std::int64_t message_max_bytes) {
  return std::max<std::int64_t>(message_max_bytes - kReservedBytes, 0);
}

Result<std::unique_ptr<Writer>> KafkaWriter::Open(
    const KafkaOptions& kafka, const WriterOptions& options,
    const std::map<std::string, std::int64_t>& topic_bytes_max) {
  std::unique_ptr<KafkaWriter> writer(new KafkaWriter(kafka, options));
  writer->topic_bytes_max_ = topic_bytes_max;
  HandleSpec spec;
  spec.type = RD_KAFKA_PRODUCER;
  spec.name = "writer " + options.transactional_id.value_or("without transactions");
  spec.owner = writer.get();
  spec.on_delivery = &KafkaWriter::OnDelivery;
  SettingList decided;
  if (options.transactional_id) {
    decided = {{"transactional.id", *options.transactional_id},
               {"transaction.timeout.ms", std::to_string(options.transaction_timeout.count())}};
  }
  writer->batch_bytes_ = BatchBytes(kafka, topic_bytes_max);
  if (!kafka.producer.contains("batch.size"))
    decided.emplace_back("batch.size", std::to_string(writer->batch_bytes_));
  spec.settings = SettingsFor(Role::kWriter, kafka, decided);
  FRESHET_TRY(auto handle, Handle::Open(spec));
  writer->handle_ = std::make_unique<Handle>(std::move(handle));
  return std::unique_ptr<Writer>(std::move(writer));
}

KafkaWriter::KafkaWriter(const KafkaOptions& kafka, const WriterOptions& options)
    : kafka_(kafka), options_(options), record_bytes_max_(RecordBytesMax(MessageMaxBytes(kafka))) {}

// Readers and the successor need not wait for what never ends. Besides, librdkafka 2.0.2 fails an assertion
// (txn_req_cnt > 0) when it is destroyed just while it adds partitions to an open transaction.
KafkaWriter::~KafkaWriter() {
  if (!handle_ || !transactional() || state_ != State::kOpen) return;
  if (!handle_->CheckAlive("destroy").ok()) return;
  Settle();
  if (auto* failed = rd_kafka_abort_transaction(handle_->get(), kLastAbortMs)) {
    LogDebug("open transaction is left to its timeout", {{"why", rd_kafka_error_string(failed)}});
    rd_kafka_error_destroy(failed);
  }
}

std::string KafkaWriter::What(std::string_view operation) const {
  return fmt::format("{} {}", operation, options_.transactional_id.value_or("(no transactions)"));
}

Result<void> KafkaWriter::Expect(State state, std::string_view operation) const {
  FRESHET_CHECK(handle_->CheckAlive(What(operation)));
  if (state_ == state) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: called out of order (Initialise, Begin, Append, Commit or Abort)", What(operation)));
}

Result<void> KafkaWriter::Initialise() {
  FRESHET_CHECK(Expect(State::kNew, "initialise"));
  if (transactional()) FRESHET_CHECK(InitTransactions());
  WarmUp();
  state_ = State::kReady;
  return {};
}

Result<void> KafkaWriter::InitTransactions() {
  const Deadline deadline(kafka_.operation_timeout);
  while (true) {
    rd_kafka_error_t* failed = rd_kafka_init_transactions(handle_->get(), deadline.Left());
    if (!failed) return {};
    const bool again = rd_kafka_error_is_retriable(failed) && !deadline.Passed();
    const Error error = TakeTransactionError(failed, What("initialise"));
    if (!again) return handle_->Explain(error);
    rd_kafka_poll(handle_->get(), 10);
  }
}

void KafkaWriter::WarmUp() {
  for (const std::string& name : options_.topics) {
    const auto topic = FindTopic(name);
    if (!topic.ok()) LogWarn("output topic is not there", {{"topic", name}, {"why", topic.error().message}});
  }
}

Result<void> KafkaWriter::Begin() {
  FRESHET_CHECK(Expect(State::kReady, "begin"));
  ForgetTransaction();
  if (transactional()) {
    WaitForMarkers();
    if (auto* failed = rd_kafka_begin_transaction(handle_->get())) return TransactionError(failed, "begin");
  }
  state_ = State::kOpen;
  return {};
}

Result<void> KafkaWriter::Check(const OutputRecord& record) {
  FRESHET_TRY(Topic * topic, FindTopic(record.to.topic));
  FRESHET_TRY(Slot * slot, FindSlot(*topic, record.to));
  static_cast<void>(slot);
  return CheckSize(*topic, record);
}

Result<void> KafkaWriter::Append(OutputRecord record) {
  if (state_ != State::kOpen) FRESHET_CHECK(Expect(State::kOpen, "append"));
  FRESHET_TRY(Topic * topic, FindTopic(record.to.topic));
  FRESHET_TRY(Slot * slot, FindSlot(*topic, record.to));
  FRESHET_CHECK(CheckSize(*topic, record));
  FRESHET_CHECK(Send(*topic, *slot, record));
  if (++appended_ % kAppendsPerPoll == 0) rd_kafka_poll(handle_->get(), 0);
  return {};
}

Result<KafkaWriter::Topic*> KafkaWriter::FindTopic(const std::string& name) {
  if (last_topic_ != nullptr && name == last_name_) return last_topic_;
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    Topic topic;
    FRESHET_CHECK(LoadPartitions(topic, name));
    topic.handle.reset(rd_kafka_topic_new(handle_->get(), name.c_str(), nullptr));
    if (!topic.handle) return ErrorFrom(rd_kafka_last_error(), fmt::format("topic {}", name));
    const auto limit = topic_bytes_max_.find(name);
    topic.bytes_max = limit == topic_bytes_max_.end() ? record_bytes_max_ + kReservedBytes : limit->second;
    found = topics_.emplace(name, std::move(topic)).first;
  }
  last_topic_ = &found->second;
  last_name_ = name;
  return last_topic_;
}

Result<void> KafkaWriter::LoadPartitions(Topic& topic, const std::string& name) {
  auto metadata = FetchTopicMetadata(handle_->get(), name, kafka_.operation_timeout);
  if (!metadata.ok()) {
    Error error = handle_->Explain(metadata.error());
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kInvalidArgument;
    return error;
  }
  while (static_cast<std::int32_t>(topic.slots.size()) < metadata->partitions) {
    const Partition next{static_cast<std::int32_t>(topic.slots.size())};
    topic.slots.push_back(std::make_unique<Slot>(Slot{{name, next}}));
  }
  return {};
}

Result<KafkaWriter::Slot*> KafkaWriter::FindSlot(Topic& topic, const TopicPartition& to) {
  const auto known = [&topic, &to] {
    return to.partition.value >= 0 && static_cast<std::size_t>(to.partition.value) < topic.slots.size();
  };
  // The topic may have grown since it was first asked about.
  if (!known()) FRESHET_CHECK(LoadPartitions(topic, to.topic));
  if (known()) return topic.slots[static_cast<std::size_t>(to.partition.value)].get();
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("append to {}: the topic has {} partitions", NameOf(to), topic.slots.size()));
}

Result<void> KafkaWriter::CheckSize(const Topic& topic, const OutputRecord& record) const {
  const std::int64_t bytes = SizeOf(record);
  const std::int64_t framed = bytes + HeaderBytes(record) + kFramingBytes;
  if (bytes <= record_bytes_max_ && framed <= topic.bytes_max) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("append to {}: {} bytes of key and value ({} framed) exceed the producer's {} or the "
                  "topic's {}; raise message.max.bytes of the producer and max.message.bytes of the topic",
                  NameOf(record.to), bytes, framed, record_bytes_max_, topic.bytes_max));
}

Result<void> KafkaWriter::Send(const Topic& topic, Slot& slot, const OutputRecord& record) {
  const Deadline deadline(kafka_.operation_timeout);
  const Bytes key = Borrow(record.key);
  const Bytes value = Borrow(record.value);
  const std::int64_t timestamp = record.timestamp ? record.timestamp->ms : 0;
  auto headers = record.headers.empty() ? nullptr : ConvertHeaders(record.headers);
  while (true) {
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        handle_->get(), RD_KAFKA_V_RKT(topic.handle.get()), RD_KAFKA_V_PARTITION(slot.to.partition.value),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.size),
        RD_KAFKA_V_VALUE(value.data, value.size), RD_KAFKA_V_TIMESTAMP(timestamp),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_OPAQUE(&slot), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(headers.release());  // the message owns them now
      slot.undelivered_bytes += SizeOf(record);
      return {};
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || deadline.Passed()) return SendError(code, record);
    rd_kafka_poll(handle_->get(), deadline.Left(kQueueFullWait));
  }
}

Error KafkaWriter::SendError(rd_kafka_resp_err_t code, const OutputRecord& record) {
  const std::string what = What(fmt::format("append to {}", NameOf(record.to)));
  if (const auto alive = handle_->CheckAlive(what); !alive.ok()) return alive.error();
  // Records are refused in an open transaction only when it has failed already.
  if (code == RD_KAFKA_RESP_ERR__STATE) {
    failed_ = true;
    return MakeError(ErrorCode::kAborted,
                     fmt::format("{}: the transaction has failed {}", what, delivery_error_));
  }
  return handle_->Explain(ErrorFrom(code, what));
}

Result<CommitReceipt> KafkaWriter::Commit() {
  FRESHET_CHECK(Expect(State::kOpen, "commit"));
  const auto started = SteadyClock::now();
  SendFullBatches();
  if (transactional()) {
    // -1: until the transaction's own timeout. With another one librdkafka can lose track of the outcome.
    if (auto* failed = rd_kafka_commit_transaction(handle_->get(), -1))
      return TransactionError(failed, "commit");
  } else {
    FRESHET_CHECK(Flush());
    if (!delivery_error_.empty()) {
      return MakeError(never_delivered_ ? ErrorCode::kInvalidArgument : ErrorCode::kAborted,
                       What("commit") + ": " + delivery_error_);
    }
  }
  CommitReceipt receipt;
  for (const Slot* slot : delivered_) receipt.last_offsets.emplace(slot->to, Offset{slot->last_offset});
  state_ = State::kReady;
  LearnCommitTime(started);
  return receipt;
}

// A transaction that begins before the markers of the one before are written is refused by the coordinator
// and asks again after 20 ms, fixed in librdkafka 2.0.2. The markers take round trips in the broker as the
// commit did, so that half its time is about enough; who begins later than that waits for nothing.
void KafkaWriter::WaitForMarkers() {
  std::this_thread::sleep_until(committed_at_ + std::min(commit_time_ / 2, kMarkersWaitMax));
}

void KafkaWriter::LearnCommitTime(SteadyClock::time_point started) {
  committed_at_ = SteadyClock::now();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(committed_at_ - started);
  commit_time_ = (commit_time_ * 7 + took) / 8;
}

Result<void> KafkaWriter::Abort() {
  FRESHET_CHECK(Expect(State::kOpen, "abort"));
  if (transactional()) {
    Settle();
    if (auto* failed = rd_kafka_abort_transaction(handle_->get(), -1))
      return TransactionError(failed, "abort");
  } else {
    FRESHET_CHECK(Flush());
  }
  state_ = State::kReady;
  return {};
}

// While librdkafka 2.0.2 flushes, and also when records have waited longer than linger.ms, its broker thread
// spins for as long as a partition has records to send behind a request under way (only one can be). Full
// batches go out without a flush, so that it starts when each partition has one request left to send.
void KafkaWriter::SendFullBatches() {
  while (delivery_error_.empty() && HasFullBatch()) {
    if (rd_kafka_poll(handle_->get(), kDeliveryPauseMs) == 0) return;
  }
}

bool KafkaWriter::HasFullBatch() const {
  const auto full = [this](const auto& slot) { return slot->undelivered_bytes >= batch_bytes_; };
  return std::any_of(topics_.begin(), topics_.end(), [&full](const auto& topic) {
    return std::any_of(topic.second.slots.begin(), topic.second.slots.end(), full);
  });
}

Result<void> KafkaWriter::Flush() {
  const auto code = rd_kafka_flush(handle_->get(), static_cast<int>(kafka_.operation_timeout.count()));
  FRESHET_CHECK(handle_->CheckAlive(What("flush")));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return handle_->Explain(ErrorFrom(code, What("flush")));
  return {};
}

Error KafkaWriter::TransactionError(rd_kafka_error_t* error, std::string_view operation) {
  Error taken = TakeTransactionError(error, What(operation));
  failed_ |= taken.code == ErrorCode::kAborted;
  if (!delivery_error_.empty()) taken.message += "; " + delivery_error_;
  if (failed_ && never_delivered_) taken.code = ErrorCode::kInvalidArgument;
  return handle_->Explain(std::move(taken));
}

// librdkafka 2.0.2 ends a transaction at the broker as soon as it has asked to add a partition to it, even if
// the broker has refused that for now (the transaction before is still being completed); the broker calls it
// an invalid state and the producer is dead. So what is under way is delivered before it is aborted.
void KafkaWriter::Settle() {
  if (!failed_ && delivery_error_.empty()) rd_kafka_flush(handle_->get(), kSettleMs);
}

void KafkaWriter::ForgetTransaction() {
  failed_ = false;
  for (Slot* slot : delivered_) slot->last_offset = -1;
  delivered_.clear();
  delivery_error_.clear();
  never_delivered_ = false;
}

void KafkaWriter::OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  static_cast<KafkaWriter*>(OwnerOf(opaque))->Delivered(*message);
}

void KafkaWriter::Delivered(const rd_kafka_message_t& message) {
  Slot& slot = *static_cast<Slot*>(message._private);
  slot.undelivered_bytes -= static_cast<std::int64_t>(message.key_len + message.len);
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    never_delivered_ |= message.err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    if (delivery_error_.empty()) {
      delivery_error_ =
          fmt::format("delivery to {} failed: {}", NameOf(slot.to), rd_kafka_err2str(message.err));
    }
    return;
  }
  if (slot.last_offset < 0) delivered_.push_back(&slot);
  slot.last_offset = std::max(slot.last_offset, message.offset);
}

}  // namespace freshet::kafka
