#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "models/decay.h"
#include "models/factor_statistics.h"
#include "models/rating_model.h"
#include "models/row_cell.h"
#include "models/segment_sums.h"
#include "models/taste_model.h"
#include "models/transition_cells.h"

namespace freshet {

using HalfLives = std::array<HalfLife, kHalfLives>;

/// The share of one item in what a batch learned: sums only, so that deltas of any batches merge. At most
/// kDeltaCells cells and kPairs factors, whatever the batch: an encoding stays below 21 KiB.
class ItemDelta final {
 public:
  static constexpr std::size_t kDeltaCells = 512;

  explicit ItemDelta(ItemKey key = {}) : item(key) {}

  ItemKey item;
  std::string item_id;  ///< empty where the batch saw the key only (a history's item)
  std::array<DecayedSum, kHalfLives> popularity;
  std::int64_t events = 0;  ///< retractions count -1
  Timestamp first_event;    ///< of the events counted; 0: none
  Timestamp last_event;
  FactorStatistics factors;
  RatingEvidence ratings;
  TasteSums taste;
  SegmentSums segments;

  /// Counts one event (sign 1) or takes one back (-1) with its weight in popularity.
  void AddEvent(int sign, double weight, Timestamp at, const HalfLives& half_lives);
  /// cell.row must be this item.
  void AddCell(const TouchedCell& cell, LandmarkWeight& weight);
  void Merge(ItemDelta other, const HalfLives& half_lives, HalfLife row_half_life);

  /// Cells valued at row_landmark(), by item, one for each. Reorders what AddCell collected.
  std::span<const RowCell> Cells();
  Timestamp row_landmark() const { return row_landmark_; }
  /// Weight of cells beyond the bound. Read it after Cells().
  const RowMass& cut() const { return cut_; }

  /// Appends the versioned encoding.
  void Encode(std::string& to);
  /// Empty when the bytes are damaged or of another version.
  static std::optional<ItemDelta> Decode(std::string_view bytes);

 private:
  void MoveLandmark(Timestamp landmark, HalfLife half_life);
  void Compact();
  void MergeCells(std::span<const RowCell> other, float worth);
  void Bound();
  void EncodeCells(ByteWriter& to) const;
  bool DecodeCells(ByteReader& from);

  Timestamp row_landmark_;
  RowMass cut_;
  std::vector<RowCell> cells_;
  std::size_t compacted_ = 0;  ///< cells_[0, compacted_) are sorted and single
};

}  // namespace freshet
