#include "serve/event_batch.h"

#include <utility>

#include "base/hash.h"
#include "codec/event_fields.h"

namespace freshet {

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

}  // namespace freshet
