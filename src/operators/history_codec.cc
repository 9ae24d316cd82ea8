#include "operators/history_codec.h"

namespace freshet {
namespace {

constexpr std::uint8_t kBlockVersion = 3;
constexpr std::uint8_t kFromElsewhere = 0x80;
constexpr std::uint8_t kRated = 0x40;
constexpr std::uint64_t kEventsMax = 16384;

}  // namespace

void EncodeHistoryBlock(std::span<const HistoryEvent> events, ByteWriter& to) {
  to.Fixed(kBlockVersion);
  to.Varint(events.size());
  for (const HistoryEvent& event : events) to.Fixed(event.item.value);
  std::int64_t time = 0;
  std::int64_t offset = 0;
  for (const HistoryEvent& event : events) {
    to.Signed(event.at.ms - time);
    to.Fixed(event.weight);
    to.Fixed(static_cast<std::uint8_t>(event.type));
    to.Fixed(event.input);
    const bool elsewhere = event.from.value >= 0;
    const bool rated = event.rating != 0;
    to.Fixed(
        static_cast<std::uint8_t>(event.taught | (elsewhere ? kFromElsewhere : 0) | (rated ? kRated : 0)));
    if (rated) to.Fixed(event.rating);
    if (elsewhere) to.Varint(static_cast<std::uint64_t>(event.from.value));
    to.Varint(static_cast<std::uint64_t>(event.item_partition.value));
    to.Signed(event.offset.value - offset);
    to.Bytes(event.event_id);
    time = event.at.ms;
    offset = event.offset.value;
  }
}

bool DecodeHistoryBlock(ByteReader& from, std::vector<HistoryEvent>& to) {
  if (from.Fixed<std::uint8_t>() != kBlockVersion) return false;
  const std::uint64_t count = from.Varint();
  if (count > kEventsMax || count > from.left()) return false;
  const std::size_t first = to.size();
  to.resize(first + count);
  for (std::size_t i = first; i < to.size(); ++i) to[i].item.value = from.Fixed<std::uint64_t>();
  std::int64_t time = 0;
  std::int64_t offset = 0;
  for (std::size_t i = first; i < to.size() && from.ok(); ++i) {
    HistoryEvent& event = to[i];
    time += from.Signed();
    event.at.ms = time;
    event.weight = from.Fixed<float>();
    event.type = static_cast<InteractionType>(from.Fixed<std::uint8_t>());
    event.input = from.Fixed<std::uint8_t>();
    const auto flags = from.Fixed<std::uint8_t>();
    event.taught = flags & (kRated - 1);
    if ((flags & kRated) != 0) event.rating = from.Fixed<float>();
    if ((flags & kFromElsewhere) != 0) event.from.value = static_cast<std::int32_t>(from.Varint());
    event.item_partition.value = static_cast<std::int32_t>(from.Varint());
    offset += from.Signed();
    event.offset.value = offset;
    event.event_id = from.Bytes();
  }
  return from.ok();
}

}  // namespace freshet
