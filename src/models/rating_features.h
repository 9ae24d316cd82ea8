#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/decay.h"
#include "models/taste_model.h"

namespace freshet {

/// What the stack predicts a rating from: parts of the taste model first, then what it leaves over. A
/// residual is a past rating of the user less what the taste model says of it today.
inline constexpr std::array<std::string_view, 24> kRatingFeatures = {
    "user_bias",
    "item_bias",
    "taste",
    "constant",
    "same_instant",
    "same_minute",
    "same_session",
    "same_day",  // mean residual of the user's ratings within
    "neighbours",
    "close_neighbours",
    "alike",    // and weighted by co-occurrence, its square, likeness of taste
    "related",  // how much the item goes with what the user rated
    "last_five",
    "last_five_items",
    "spread",
    "spread_item_bias",
    "known_user",
    "known_user_bias",
    "known_user_taste",
    "known_item_taste",
    "squared",
    "cubed",
    "kalman",
    "kalman_taste"};
inline constexpr std::size_t kRatingFeatureCount = kRatingFeatures.size();
using RatingFeatures = std::array<double, kRatingFeatureCount>;

/// Whose rating of what.
struct RatingQuestion {
  const UserTaste* user = nullptr;   ///< solved from `rated`
  std::span<const RatedItem> rated;  ///< of the user's past, the newest first
  const ItemModel* item = nullptr;   ///< null: not known
  Timestamp at;
  double kalman = 0;        ///< deviation from the mean by the biases of RatingModel
  double kalman_taste = 0;  ///< and by the user's slope on the implicit factors
};

/// A question in numbers.
struct RatingRow {
  RatingFeatures features{};
  double variance = 0;  ///< of the taste model's prediction, without the rating's own noise
};

/// Computes features: 20 ns a rating of the past, and 2 us. Reused, it does not allocate. One thread.
class RatingFeatureReader final {
 public:
  RatingFeatureReader(const RatingOptions& options, HalfLife row_half_life);
  RatingRow Read(const RatingQuestion& question);

 private:
  struct Past;
  void IndexRow(const ItemModel& item);
  float Together(ItemKey other) const;
  void AddNeighbour(const RatingQuestion& question, const RatedItem& rated, double residual, double fading,
                    Past& past) const;
  Past ReadPast(const RatingQuestion& question, const ItemTaste& taste) const;

  RatingOptions options_;
  HalfLife row_half_life_;
  const ItemModel* indexed_ = nullptr;
  std::vector<std::uint16_t> index_;  ///< 1 + place of a cell in the row, by key
};

}  // namespace freshet
