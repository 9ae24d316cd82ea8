#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash_map.h"
#include "freshet/ids.h"

namespace freshet {

/// Rows of a chunk: a change copies one chunk, so that a version of a million rows costs what changed.
inline constexpr std::size_t kScanRows = 128;
/// Rows that lie side by side in a chunk: as many 32-bit sums as the widest register holds.
inline constexpr std::size_t kScanLanes = 16;
/// Dimensions that go into one 32-bit sum at a time; a matrix has a multiple of them.
inline constexpr std::size_t kScanGroup = 4;
inline constexpr std::size_t kScanDimensionsMax = 256;

/// kScanRows quantised rows. Row r has the value scale[r] * (code - 128) in each dimension, and its product
/// with a query is raised by bias[r]: minus infinity where there is no row.
struct ScanChunk {
  explicit ScanChunk(std::size_t dimensions);
  /// Of dimension d: codes[(r / kScanLanes * dimensions + d / 4 * 4) * kScanLanes + r % kScanLanes * 4 + d %
  /// 4].
  std::vector<std::uint8_t> codes;
  std::array<float, kScanRows> scale{};
  std::array<float, kScanRows> bias{};
  std::array<ItemKey, kScanRows> item{};
};

/// Item vectors as 8-bit integers with one scale a row, laid out to be multiplied with queries as fast as
/// memory gives them. A row keeps its place while its item is there. What Share hands out stays as it is and
/// shares all chunks with this matrix until a Put or an Erase touches them. One thread changes it.
class Int8Matrix final {
 public:
  /// A multiple of kScanGroup, at most kScanDimensionsMax.
  explicit Int8Matrix(std::size_t dimensions);
  Int8Matrix(Int8Matrix&&) noexcept = default;
  Int8Matrix& operator=(Int8Matrix&&) noexcept = default;

  /// Adds or replaces the item's row. A vector with a number that is not finite is erased instead: nothing
  /// can be said of it. Numbers below 1e-30 of magnitude count as zero.
  void Put(ItemKey item, std::span<const float> vector, float bias = 0);
  void Erase(ItemKey item);
  /// For reading only, by any thread. Costs one pointer for each kNodeChunks * kScanRows rows.
  Int8Matrix Share();

  std::size_t dimensions() const { return dimensions_; }
  /// Rows that are there.
  std::size_t size() const { return size_; }
  /// Chunks, some of whose rows may be missing.
  std::size_t chunks() const { return (places_ + kScanRows - 1) / kScanRows; }
  const ScanChunk& chunk(std::size_t index) const {
    return *nodes_[index / kNodeChunks]->chunks[index % kNodeChunks];
  }
  std::size_t Bytes() const;

 private:
  static constexpr std::size_t kNodeChunks = 64;
  static constexpr std::uint64_t kReadOnly = 0;
  // Of an older version: shared with a matrix that was handed out, so it is copied before a change.
  struct OwnedChunk : ScanChunk {
    using ScanChunk::ScanChunk;
    std::uint64_t version = 0;
  };
  struct Node {
    std::array<std::shared_ptr<OwnedChunk>, kNodeChunks> chunks;
    std::uint64_t version = 0;
  };
  ScanChunk& OwnChunk(std::size_t index);
  std::size_t PlaceFor(ItemKey item);

  std::size_t dimensions_;
  std::size_t size_ = 0;
  std::size_t places_ = 0;  ///< ever used
  std::uint64_t version_ = 1;
  std::vector<std::shared_ptr<Node>> nodes_;
  ItemMap<std::uint32_t> place_of_;  ///< empty in what Share hands out
  std::vector<std::uint32_t> free_;
};

}  // namespace freshet
