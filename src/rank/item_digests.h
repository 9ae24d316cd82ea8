#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.h"
#include "freshet/model.h"
#include "models/decay.h"

namespace freshet {

/// What a list needs of an item before it is on the shortlist, in half a cache line.
struct ItemDigest {
  enum class Access : std::uint8_t { kUnknown, kOpen, kClosed, kTimed };
  ItemKey key;
  const ItemModel* item = nullptr;
  float mass = 0;  ///< row mass at the digests' reference, plus one
  std::uint32_t generation = 0;
  Access access = Access::kUnknown;
};

/// Digests of the items that lists of one view's version came across: direct-mapped, so that a view's
/// scattered items are read once for many lists. A pure cache: it changes no result.
class ItemDigests final {
 public:
  /// Forgets everything unless view, version and the rows' grid point are those of the last call.
  void Use(const ItemView& view, Timestamp now, HalfLife row_half_life);
  /// Valid until the next call.
  const ItemDigest& Of(ItemKey item) {
    auto& [newest, older] = lines_[LineOf(item)].ways;
    if (Holds(newest, item)) return newest;
    if (Holds(older, item)) return older;
    older = newest;
    Read(item, newest);
    return newest;
  }
  /// Starts loading what Of will read.
  void Prefetch(ItemKey item) const { __builtin_prefetch(&lines_[LineOf(item)]); }

 private:
  static constexpr std::size_t kLines = 1 << 14;  // 1 MiB; few of a batch's hot items collide
  struct alignas(64) Line {
    std::array<ItemDigest, 2> ways;
  };
  static std::size_t LineOf(ItemKey item) { return MixBits(item.value) >> 40 & (kLines - 1); }
  bool Holds(const ItemDigest& digest, ItemKey item) const {
    return digest.key == item && digest.generation == generation_;
  }
  void Read(ItemKey item, ItemDigest& digest) const;

  const ItemView* view_ = nullptr;
  std::string version_;
  Timestamp reference_;
  HalfLife half_life_;
  std::uint32_t generation_ = 0;
  std::vector<Line> lines_;
};

}  // namespace freshet
