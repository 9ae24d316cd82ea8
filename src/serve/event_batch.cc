#include "serve/event_batch.h"

#include <utility>
#include <variant>

#include "base/hash.h"
#include "codec/event_fields.h"

namespace freshet {
namespace {

// Compacted topics take no record without a key.
constexpr std::string_view kUnreadableKey = "unreadable";

OutputRecord OwnedRecord(const EventTopic& topic, const Event& event, std::optional<std::string> value) {
  std::string key(EventKey(event));
  OutputRecord output;
  output.to = {topic.name, PartitionForKey(key, topic.partitions)};
  output.key = std::move(key);
  output.value = std::move(value);
  return output;
}

}  // namespace

EventBatch EventBatcher::Prepare(const EventTopic& topic, std::vector<std::string> payloads,
                                 std::size_t first_line) {
  EventBatch batch;
  batch.records.reserve(payloads.size());
  const Timestamp now = clock_.Now();
  Record record;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    record.value = std::move(payloads[i]);
    auto decoded = decoder_.Decode(topic.role, record);
    if (!decoded) {
      batch.rejections.push_back({first_line + i, std::move(decoded.error())});
      continue;
    }
    if (const auto future = Future(*decoded, now)) {
      batch.rejections.push_back({first_line + i, FromFuture(*future, now)});
      continue;
    }
    batch.records.push_back(OwnedRecord(topic, *decoded, std::move(record.value)));
  }
  return batch;
}

EventBatch EventBatcher::PrepareUnchecked(const EventTopic& topic, std::vector<std::string> payloads) {
  EventBatch taken;
  taken.records.reserve(payloads.size());
  Record record;
  for (std::string& payload : payloads) {
    record.value = std::move(payload);
    if (const auto decoded = decoder_.Decode(topic.role, record)) {
      taken.records.push_back(OwnedRecord(topic, *decoded, std::move(record.value)));
      continue;
    }
    OutputRecord& unreadable = taken.records.emplace_back();
    unreadable.to = {topic.name, PartitionForKey(*record.value, topic.partitions)};
    unreadable.key = kUnreadableKey;
    unreadable.value = std::move(record.value);
  }
  return taken;
}

// A record is stamped when it is appended, which is now. The catalogue's times order nothing.
std::optional<Timestamp> EventBatcher::Future(const Event& event, Timestamp now) const {
  if (!future_ms_max_ || std::holds_alternative<CatalogueItem>(event)) return std::nullopt;
  const auto time = EventTime(event);
  return time && time->ms > now.ms + *future_ms_max_ ? time : std::nullopt;
}

}  // namespace freshet
