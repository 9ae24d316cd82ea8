#include "connectors/kafka/metadata.h"

#include <algorithm>

#include "base/format.h"
#include "connectors/kafka/errors.h"
#include "connectors/kafka/handle.h"

namespace freshet::kafka {
namespace {

using MetadataPtr = Owned<const rd_kafka_metadata_t>;

Result<MetadataPtr> Fetch(rd_kafka_t* client, rd_kafka_topic_t* topic, std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code =
      rd_kafka_metadata(client, topic == nullptr, topic, &metadata, static_cast<int>(timeout.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorFrom(code, "metadata");
  return MetadataPtr(metadata);
}

TopicMetadata Convert(const rd_kafka_metadata_topic_t& from) {
  TopicMetadata to{from.topic, from.partition_cnt, from.partition_cnt > 0};
  for (int i = 0; i < from.partition_cnt; ++i) to.has_leaders &= from.partitions[i].leader >= 0;
  return to;
}

}  // namespace

Result<TopicMetadata> FetchTopicMetadata(rd_kafka_t* client, const std::string& topic,
                                         std::chrono::milliseconds timeout) {
  const Owned<rd_kafka_topic_t> handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (!handle) return ErrorFrom(rd_kafka_last_error(), fmt::format("topic \"{}\"", topic));
  FRESHET_TRY(const auto metadata, Fetch(client, handle.get(), timeout));
  if (metadata->topic_cnt != 1) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("metadata of topic {}: no answer", topic));
  }
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) return TopicMetadata{topic, 0, false};
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorFrom(found.err, fmt::format("topic {}", topic));
  return Convert(found);
}

Result<std::vector<TopicMetadata>> FetchAllMetadata(rd_kafka_t* client, std::chrono::milliseconds timeout) {
  FRESHET_TRY(const auto metadata, Fetch(client, nullptr, timeout));
  std::vector<TopicMetadata> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR || std::string_view(topic.topic).starts_with("__")) continue;
    topics.push_back(Convert(topic));
  }
  std::sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return topics;
}

}  // namespace freshet::kafka
