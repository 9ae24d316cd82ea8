#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/rating_features.h"

namespace freshet {

// The stack: a rating is the mean plus weights times features, its variance a line in the taste model's; both
// by recursive least squares that forget (Young 2011), whose sums travel as deltas to one owner.

/// Weights of the features, then the noise and the slope of the variance.
inline constexpr std::size_t kRatingWeights = kRatingFeatureCount + 2;

/// What learned ratings say about the stack: sums, so that batches and partitions merge.
class RatingStackDelta final {
 public:
  /// `deviation`: the rating less the mean. `predicted`: the stack's, before it learned.
  void Learn(const RatingRow& row, double deviation, double predicted);
  void Merge(const RatingStackDelta& other);
  bool empty() const { return ratings_ == 0; }
  std::uint64_t ratings() const { return ratings_; }

  void Encode(std::string& to) const;
  /// Empty when the bytes are damaged, of another version or of other features.
  static std::optional<RatingStackDelta> Decode(std::string_view bytes);

 private:
  friend class RatingStackLearner;
  std::uint64_t ratings_ = 0;
  std::vector<double> sums_;  ///< upper triangle, right side, then the variance's; empty: zeros
};

/// The stack's prediction: deviation from the mean, and the variance of the rating around it.
struct StackedRating {
  double deviation = 0;
  double variance = 0;
};
/// Weights of another number, as an older version published them, count as none: the prior.
StackedRating StackRating(const RatingRow& row, std::span<const double> weights);

/// Owner of the weights. Solves every kStep ratings, for the first kEager at each delta.
class RatingStackLearner final {
 public:
  static constexpr std::uint64_t kStep = 32;
  static constexpr std::uint64_t kEager = 200;

  RatingStackLearner();
  /// True when the weights changed.
  bool Fold(const RatingStackDelta& delta);
  std::span<const double> weights() const { return weights_; }
  std::uint64_t ratings() const { return ratings_; }

  void Encode(std::string& to) const;
  /// Empty when the bytes are damaged; untaught when they are of another version or of other features.
  static std::optional<RatingStackLearner> Decode(std::string_view bytes);

 private:
  void Solve();

  std::uint64_t ratings_ = 0;
  std::uint64_t solved_at_ = 0;
  std::vector<double> weights_;
  std::vector<double> sums_;
};

}  // namespace freshet
