#pragma once

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "freshet/ids.h"

namespace freshet {

struct ItemKeyHash {
  std::size_t operator()(ItemKey key) const noexcept { return MixBits(key.value); }
};

struct NumberHash {
  std::size_t operator()(std::uint64_t number) const noexcept { return MixBits(number); }
};

struct BytesHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const noexcept { return Hash64(bytes); }
};

struct BytesEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
};

/// Open-addressing maps. Iteration order must never reach state or output: sort first.
template <typename Value>
using ItemMap = tsl::robin_map<ItemKey, Value, ItemKeyHash>;
using ItemSet = tsl::robin_set<ItemKey, ItemKeyHash>;
template <typename Value>
using NumberMap = tsl::robin_map<std::uint64_t, Value, NumberHash>;
template <typename Value>
using BytesMap = tsl::robin_map<std::string, Value, BytesHash, BytesEqual>;

}  // namespace freshet
