#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "models/rating_model.h"
#include "models/user_factor.h"
#include "rank/candidate_pool.h"

namespace freshet {

/// Features of the items themselves, after those of the generators.
inline constexpr std::array<std::string_view, 4> kItemFeatures = {"item_events", "item_recency", "item_age",
                                                                  "ratings"};
/// Place of `ratings` among the item features.
inline constexpr std::size_t kRatingsFeature = 3;

/// Who the ratings are predicted for. Borrowed.
struct RatingSignals {
  const UserRatingState* user = nullptr;  ///< null: the feature is 0
  const UserFactor* factor = nullptr;     ///< null or unknown: without affinity
};

/// The rating model's context of an item, without the global mean.
RatingContext RatingContextOf(const ItemModel& item, const UserFactor* factor);

/// The shortlist's features, one column a part, rows in the shortlist's order, padded with zeros to a
/// multiple of 8. Generator g: log(1 + 0.2 N max(s, 0) / mass), the log of its lift over uniform; 0 while the
/// generator is dark. Item: 0.3 log(1 + events), 0.3 log(1 + hours since the last event), 0.3 log(1 + hours
/// since the first), and by how many stars the predicted rating differs from what the user gives on average.
class FeatureTable final {
 public:
  void Fill(const CandidatePool& pool, std::size_t generators, Timestamp now, const RatingSignals& ratings);
  /// Zeroes `parts` (bit b: part b) of the candidates that the user has had.
  void BlankTaken(const CandidatePool& pool, std::uint32_t parts);
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::span<const float> column(std::size_t part) const { return {values_.data() + part * stride_, stride_}; }
  double at(std::size_t row, std::size_t part) const {
    return static_cast<double>(values_[part * stride_ + row]);
  }

 private:
  void FillGenerator(const CandidatePool& pool, std::size_t generator);
  void FillItems(const CandidatePool& pool, std::size_t generators, Timestamp now);
  void FillRatings(const CandidatePool& pool, std::size_t generators, const RatingSignals& ratings);

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t stride_ = 0;
  std::vector<float> values_;
};

}  // namespace freshet
