#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "freshet/model.h"
#include "models/decay.h"
#include "models/row_cell.h"

namespace freshet {

/// Cells that an item publishes: as many as lists read.
inline constexpr std::size_t kRowPublished = 100;
/// Cells that its state keeps at least, once it had them.
inline constexpr std::size_t kRowCells = 256;
/// Cells that its state keeps beyond those, so that a newcomer can gather weight before it competes.
inline constexpr std::size_t kRowNewcomers = 64;

/// What followed and preceded one item: part of the item's state, changed by deltas only.
class TransitionRow final {
 public:
  /// Adds cells that are sorted by item, at most one for each, valued at `landmark`; `cut` is weight without
  /// cells. Cells at or below zero leave; above kRowCells + kRowNewcomers the weakest leave
  /// (ties: the larger key). A late landmark rescales the row, an early one the cells. O(row + cells log
  /// row).
  void Apply(std::span<const RowCell> cells, Timestamp landmark, const RowMass& cut, HalfLife half_life);

  /// All cells, the strongest first, ties by key. The first kRowPublished are
  /// for publication.
  std::span<const RowCell> cells() const { return cells_; }
  Timestamp landmark() const { return landmark_; }
  /// Weight at the landmark, with that of cells that left.
  const RowMass& mass() const { return mass_; }
  /// Of memory beside the object itself.
  std::size_t Bytes() const { return cells_.capacity() * sizeof(RowCell); }

  void Encode(ByteWriter& to) const;
  /// False when the bytes are not a row; the row is then empty.
  bool Decode(ByteReader& from);

 private:
  void Rescale(float factor);
  void Add(RowCell change);
  RowMass MergeIn(std::span<const RowCell> cells, float scale);

  Timestamp landmark_;
  RowMass mass_;
  std::vector<RowCell> cells_;
};

/// What a cell is kept for: its weights, brought to one size.
inline float StrengthOf(const RowCell& cell) {
  return cell.forward + cell.backward + cell.near + cell.together / 4;
}
/// Order of cells in a row: strength down, then key up.
struct StrongerCell {
  bool operator()(const RowCell& a, const RowCell& b) const {
    const float left = StrengthOf(a);
    const float right = StrengthOf(b);
    return left != right ? left > right : a.item < b.item;
  }
};

}  // namespace freshet
