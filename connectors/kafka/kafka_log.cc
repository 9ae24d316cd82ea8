#include "connectors/kafka/kafka_log.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "connectors/kafka/admin.h"
#include "connectors/kafka/membership.h"
#include "connectors/kafka/offset_query.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/settings.h"
#include "connectors/kafka/writer.h"

namespace freshet {
namespace {

using kafka::Role;

constexpr std::chrono::milliseconds kScanFetchWait{10};
// What librdkafka takes as the timeout of an admin request.
constexpr std::chrono::milliseconds kOperationTimeoutMax{3'600'000};

Result<void> CheckTimeouts(const KafkaOptions& options) {
  for (const auto timeout : {options.operation_timeout, options.leave_timeout}) {
    if (timeout.count() > 0 && timeout <= kOperationTimeoutMax) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("kafka timeout of {} ms: 1 ms to 1 hour are possible", timeout.count()));
  }
  return {};
}

// Names and values are checked for every kind of client now, not when the first task is acquired.
Result<void> CheckAllSettings(const KafkaOptions& options) {
  FRESHET_CHECK(kafka::CheckOptions(options));
  for (const Role role : {Role::kAdmin, Role::kQuery, Role::kReader, Role::kWriter, Role::kMember}) {
    FRESHET_CHECK(kafka::CheckSettings(kafka::SettingsFor(role, options, {})));
  }
  return {};
}

Result<Offset> FirstSince(Reader& reader, const Position& from, Timestamp time,
                          std::chrono::milliseconds timeout) {
  FRESHET_CHECK(reader.Assign({from}));
  const kafka::Deadline deadline(timeout);
  while (!deadline.Passed()) {
    FRESHET_TRY(const PollResult polled,
                reader.Poll(std::chrono::milliseconds(deadline.Left()), PollLimits()));
    for (const Record& record : polled.records) {
      if (record.timestamp >= time) return record.offset;
    }
    if (!polled.ends.empty()) return polled.ends.back().next;
  }
  return MakeError(ErrorCode::kTimeout, fmt::format("offset for time of {}: raise the operation timeout",
                                                    kafka::NameOf(from.from)));
}

}  // namespace

struct KafkaLog::Parts {
  KafkaOptions options;
  std::unique_ptr<kafka::Admin> admin;
  std::unique_ptr<kafka::OffsetQuery> committed;
  std::unique_ptr<kafka::OffsetQuery> uncommitted;
  std::string cluster_id;
};

Result<std::unique_ptr<KafkaLog>> KafkaLog::Open(KafkaOptions options) {
  FRESHET_CHECK(CheckTimeouts(options));
  FRESHET_CHECK(CheckAllSettings(options));
  auto parts = std::make_unique<Parts>();
  parts->options = std::move(options);
  FRESHET_TRY(parts->admin, kafka::Admin::Open(parts->options));
  FRESHET_TRY(parts->cluster_id, parts->admin->ClusterId());
  FRESHET_TRY(parts->committed, kafka::OffsetQuery::Open(parts->options, Isolation::kReadCommitted));
  FRESHET_TRY(parts->uncommitted, kafka::OffsetQuery::Open(parts->options, Isolation::kReadUncommitted));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(parts)));
}

KafkaLog::KafkaLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
KafkaLog::~KafkaLog() = default;

Result<std::string> KafkaLog::ClusterId() { return parts_->cluster_id; }
Result<TopicDescription> KafkaLog::Describe(const std::string& topic) {
  return parts_->admin->Describe(topic);
}
Result<std::vector<TopicDescription>> KafkaLog::List() { return parts_->admin->List(); }
Result<void> KafkaLog::Create(const TopicSpec& spec) { return parts_->admin->Create(spec); }
Result<void> KafkaLog::Delete(const std::string& topic) { return parts_->admin->Delete(topic); }

Result<Watermarks> KafkaLog::QueryWatermarks(const TopicPartition& of, Isolation isolation) {
  return (isolation == Isolation::kReadCommitted ? parts_->committed : parts_->uncommitted)->Query(of);
}

Result<Offset> KafkaLog::OffsetForTime(const TopicPartition& of, Timestamp time) {
  FRESHET_TRY(const Offset named, parts_->uncommitted->ForTime(of, time));
  FRESHET_TRY(const Watermarks marks, parts_->uncommitted->Query(of));
  if (named >= marks.high) return marks.high;
  FRESHET_TRY(const auto reader, OpenReader({Isolation::kReadUncommitted, kScanFetchWait}));
  return FirstSince(*reader, {of, named}, time, parts_->options.operation_timeout);
}

Result<std::unique_ptr<Reader>> KafkaLog::OpenReader(const ReaderOptions& options) {
  return kafka::KafkaReader::Open(parts_->options, options);
}

Result<std::unique_ptr<Writer>> KafkaLog::OpenWriter(const WriterOptions& options) {
  FRESHET_TRY(const auto settings, parts_->admin->DescribeSettings(options.topics));
  std::map<std::string, std::int64_t> bytes_max;
  for (const auto& [topic, configs] : settings) {
    const auto found = configs.find("max.message.bytes");
    if (found == configs.end()) continue;
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), bytes_max[topic]);
  }
  return kafka::KafkaWriter::Open(parts_->options, options, bytes_max);
}

Result<std::unique_ptr<Membership>> KafkaLog::Join(const GroupOptions& options) {
  return kafka::KafkaMembership::Open(parts_->options, options);
}

std::int64_t KafkaLog::MessageBytesMax() const {
  return kafka::RecordBytesMax(kafka::MessageMaxBytes(parts_->options));
}

}  // namespace freshet
