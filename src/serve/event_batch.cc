#include "serve/event_batch.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "base/hash.h"

namespace freshet {

std::string KeyOfEvent(const Event& event) {
  return std::visit(
      [](const auto& value) -> std::string {
        using Kind = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Kind, CatalogueItem>) return value.item_id;
        if constexpr (std::is_same_v<Kind, Tombstone>) return value.key;
        if constexpr (!std::is_same_v<Kind, CatalogueItem> && !std::is_same_v<Kind, Tombstone>)
          return value.user_id;
      },
      event);
}

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
    std::string key = KeyOfEvent(*decoded);
    OutputRecord output;
    output.to = {topic.name, PartitionForKey(key, topic.partitions)};
    output.key = std::move(key);
    output.value = std::move(record.value);
    batch.records.push_back(std::move(output));
  }
  return batch;
}

}  // namespace freshet
