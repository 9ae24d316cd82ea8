#include "connectors/kafka/offset_query.h"

#include "base/format.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/metadata.h"

namespace freshet::kafka {

Result<std::unique_ptr<OffsetQuery>> OffsetQuery::Open(const KafkaOptions& kafka, Isolation isolation) {
  const bool committed = isolation == Isolation::kReadCommitted;
  HandleSpec spec;
  spec.name = committed ? "stable offsets" : "offsets";
  spec.settings = SettingsFor(Role::kQuery, kafka,
                              {{"isolation.level", committed ? "read_committed" : "read_uncommitted"}});
  FRESHET_TRY(auto handle, Handle::Open(spec));
  return std::unique_ptr<OffsetQuery>(new OffsetQuery(kafka, std::move(handle)));
}

OffsetQuery::OffsetQuery(const KafkaOptions& kafka, Handle handle)
    : kafka_(kafka), handle_(std::move(handle)) {}

Result<Watermarks> OffsetQuery::Query(const TopicPartition& of) const {
  FRESHET_CHECK(CheckExists(of));
  Watermarks marks;
  const auto code =
      rd_kafka_query_watermark_offsets(handle_.get(), of.topic.c_str(), of.partition.value, &marks.low.value,
                                       &marks.high.value, static_cast<int>(kafka_.operation_timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return handle_.Explain(ErrorFrom(code, "watermarks of " + NameOf(of)));
  return marks;
}

Result<Offset> OffsetQuery::ForTime(const TopicPartition& of, Timestamp time) const {
  FRESHET_CHECK(CheckExists(of));
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  auto* asked = rd_kafka_topic_partition_list_add(list.get(), of.topic.c_str(), of.partition.value);
  asked->offset = time.ms < 0 ? 0 : time.ms;  // -1 and -2 would mean "end" and "beginning"
  auto code = rd_kafka_offsets_for_times(handle_.get(), list.get(),
                                         static_cast<int>(kafka_.operation_timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = asked->err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return handle_.Explain(ErrorFrom(code, "offset for time of " + NameOf(of)));
  if (asked->offset >= 0) return Offset{asked->offset};
  FRESHET_TRY(const Watermarks marks, Query(of));
  return marks.high;
}

// Without this, librdkafka looks for the leader of an unknown partition until the timeout.
Result<void> OffsetQuery::CheckExists(const TopicPartition& of) const {
  auto topic = FetchTopicMetadata(handle_.get(), of.topic, kafka_.operation_timeout);
  if (!topic.ok()) return handle_.Explain(std::move(topic).error());
  if (of.partition.value >= 0 && of.partition.value < topic->partitions) return {};
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("{}: the topic has {} partitions", NameOf(of), topic->partitions));
}

}  // namespace freshet::kafka
