#include "serve/event_batch.h"

#include <utility>

#include "base/hash.h"
#include "codec/event_fields.h"

namespace freshet {
namespace {

// Compacted topics take no record without a key.
constexpr std::string_view kUnreadableKey = "unreadable";

}  // namespace

EventBatch EventBatcher::Prepare(const EventTopic& topic, std::vector<std::string> payloads,
                                 std::size_t first_line) {
  EventBatch batch;
  batch.records.reserve(payloads.size());
  Record record;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    record.value = std::move(payloads[i]);
    auto decoded = decoder_.Decode(topic.role, record);
    if (!decoded) {
      batch.rejections.push_back({first_line + i, std::move(decoded.error())});
      continue;
    }
    std::string key(EventKey(*decoded));
    OutputRecord output;
    output.to = {topic.name, PartitionForKey(key, topic.partitions)};
    output.key = std::move(key);
    output.value = std::move(record.value);
    batch.records.push_back(std::move(output));
  }
  return batch;
}

EventBatch EventBatcher::PrepareUnchecked(const EventTopic& topic, std::vector<std::string> payloads) {
  EventBatch taken;
  taken.records.reserve(payloads.size());
  for (std::string& payload : payloads) {
    EventBatch one = Prepare(topic, {payload});
    if (one.records.empty()) {
      OutputRecord& record = one.records.emplace_back();
      record.to = {topic.name, PartitionForKey(payload, topic.partitions)};
      record.key = kUnreadableKey;
      record.value = std::move(payload);
    }
    taken.records.push_back(std::move(one.records.front()));
  }
  return taken;
}

}  // namespace freshet
