#include "models/transition_row.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/row_cell.h"

namespace freshet {
namespace {

/// Weights below this are noise of retractions, or events of 20 half-lives ago.
constexpr float kCellFloor = 0x1.0p-20f;

/// May say yes to an item that was not added. Keys are hashes: their low bits spread.
class ItemFilter final {
 public:
  void Add(ItemKey item) { bits_[item.value % kWords] |= Bit(item); }
  bool MayHave(ItemKey item) const { return (bits_[item.value % kWords] & Bit(item)) != 0; }

 private:
  static constexpr std::size_t kWords = 16;
  static std::uint64_t Bit(ItemKey item) { return std::uint64_t{1} << (item.value / kWords % 64); }
  std::array<std::uint64_t, kWords> bits_{};
};

const RowCell* FindSorted(std::span<const RowCell> cells, ItemKey item) {
  const auto at = std::lower_bound(cells.begin(), cells.end(), RowCell{item}, CellByItem());
  return at != cells.end() && at->item == item ? &*at : nullptr;
}

/// False when nothing is left of the cell.
bool Settle(RowCell& cell) {
  cell.forward = std::max(cell.forward, 0.0f);
  cell.backward = std::max(cell.backward, 0.0f);
  cell.together = std::max(cell.together, 0.0f);
  cell.near = std::max(cell.near, 0.0f);
  return StrengthOf(cell) > kCellFloor;
}

}  // namespace

void TransitionRow::Rescale(float factor) {
  for (RowCell& cell : cells_) cell = Scaled(cell, factor);
  mass_ = mass_ * factor;
  std::erase_if(cells_, [](const RowCell& cell) { return StrengthOf(cell) <= kCellFloor; });
}

void TransitionRow::Apply(std::span<const RowCell> cells, Timestamp landmark, const RowMass& cut,
                          HalfLife half_life) {
  float scale = 1;
  if (cells_.empty() && mass_.none()) landmark_ = landmark;
  if (landmark > landmark_) {
    Rescale(static_cast<float>(WeightAt(landmark_, landmark, half_life)));
    landmark_ = landmark;
  } else if (landmark < landmark_) {
    scale = static_cast<float>(WeightAt(landmark, landmark_, half_life));
  }
  constexpr std::size_t kFew = 8;  // searching and moving each costs less than merging
  RowMass mass = mass_;
  mass += cut * scale;
  if (cells.size() <= kFew) {
    for (const RowCell& cell : cells) {
      const RowCell scaled = Scaled(cell, scale);
      mass += scaled;
      Add(scaled);
    }
  } else {
    mass += MergeIn(cells, scale);
  }
  if (cells_.size() > kRowCells + kRowNewcomers) cells_.resize(kRowCells);
  mass_ = {std::max(mass.forward, 0.0f), std::max(mass.near, 0.0f)};
}

void TransitionRow::Add(RowCell change) {
  const auto old =
      std::find_if(cells_.begin(), cells_.end(), [&](const RowCell& c) { return c.item == change.item; });
  if (old == cells_.end()) {
    if (!Settle(change)) return;
    cells_.insert(std::lower_bound(cells_.begin(), cells_.end(), change, StrongerCell()), change);
    return;
  }
  AddWeights(change, *old);
  if (!Settle(change)) {
    cells_.erase(old);
    return;
  }
  const bool rises = StrongerCell()(change, *old);
  *old = change;
  if (rises) {
    std::rotate(std::lower_bound(cells_.begin(), old, change, StrongerCell()), old, old + 1);
  } else {
    std::rotate(old, old + 1, std::lower_bound(old + 1, cells_.end(), change, StrongerCell()));
  }
}

/// The touched cells leave the sorted row, change, and are merged back in. Returns what they add up to.
RowMass TransitionRow::MergeIn(std::span<const RowCell> cells, float scale) {
  std::vector<RowCell> changed(cells.begin(), cells.end());
  ItemFilter filter;
  RowMass mass;
  for (RowCell& cell : changed) {
    cell = Scaled(cell, scale);
    mass += cell;
    filter.Add(cell.item);
  }
  std::erase_if(cells_, [&](const RowCell& old) {
    const RowCell* delta = filter.MayHave(old.item) ? FindSorted(cells, old.item) : nullptr;
    if (delta == nullptr) return false;
    AddWeights(changed[static_cast<std::size_t>(delta - cells.data())], old);
    return true;
  });
  std::erase_if(changed, [](RowCell& cell) { return !Settle(cell); });
  std::sort(changed.begin(), changed.end(), StrongerCell());
  const auto middle = static_cast<std::ptrdiff_t>(cells_.size());
  cells_.insert(cells_.end(), changed.begin(), changed.end());
  std::inplace_merge(cells_.begin(), cells_.begin() + middle, cells_.end(), StrongerCell());
  return mass;
}

void TransitionRow::Encode(ByteWriter& to) const {
  to.Signed(landmark_.ms);
  to.Fixed(mass_.forward);
  to.Fixed(mass_.near);
  to.Varint(cells_.size());
  for (const RowCell& cell : cells_) {
    to.Fixed(cell.item.value);
    to.Fixed(cell.forward);
    to.Fixed(cell.backward);
    to.Fixed(cell.together);
    to.Fixed(cell.near);
  }
}

bool TransitionRow::Decode(ByteReader& from) {
  *this = {};
  landmark_.ms = from.Signed();
  mass_.forward = from.Fixed<float>();
  mass_.near = from.Fixed<float>();
  const std::uint64_t count = from.Varint();
  bool good = from.ok() && std::isfinite(mass_.forward) && std::isfinite(mass_.near) &&
              count <= kRowCells + kRowNewcomers;
  if (good) cells_.resize(count);
  for (RowCell& cell : cells_) {
    cell.item.value = from.Fixed<std::uint64_t>();
    cell.forward = from.Fixed<float>();
    cell.backward = from.Fixed<float>();
    cell.together = from.Fixed<float>();
    cell.near = from.Fixed<float>();
    good = good && IsFinite(cell);
  }
  good = good && from.ok() && std::is_sorted(cells_.begin(), cells_.end(), StrongerCell());
  if (!good) *this = {};
  return good;
}

}  // namespace freshet
