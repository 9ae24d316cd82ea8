#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace freshet {

/// Milliseconds since 1970-01-01T00:00:00Z. Event time unless a name says otherwise.
struct Timestamp {
  std::int64_t ms = 0;
  auto operator<=>(const Timestamp&) const = default;
};

/// Position of a record in one partition of a topic.
struct Offset {
  std::int64_t value = 0;
  auto operator<=>(const Offset&) const = default;
};

/// Number of a partition, from 0.
struct Partition {
  std::int32_t value = 0;
  auto operator<=>(const Partition&) const = default;
};

/// 64-bit hash of an item's id (XXH3 of its UTF-8 bytes): what rows, histories and factors refer to.
/// The id itself is kept once, with the item; the item operator refuses a second id with an equal hash.
struct ItemKey {
  std::uint64_t value = 0;
  auto operator<=>(const ItemKey&) const = default;
};

struct TopicPartition {
  std::string topic;
  Partition partition;
  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace freshet

template <>
struct std::hash<freshet::ItemKey> {
  std::size_t operator()(freshet::ItemKey key) const noexcept { return key.value; }
};
