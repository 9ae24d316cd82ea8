#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "freshet/ids.h"

namespace freshet {

// Ratings on the scale 1..5 (RatingOnFive): mean + user's bias + item's bias + user's slope * affinity, where
// the affinity is the implicit factors' q . p. Biases and slope are Kalman states with process noise: they
// drift.

/// Variances, in squared stars. The defaults are rough; models.ratings in the configuration sets them.
struct RatingOptions {
  double user_variance = 0.25;   ///< of users' biases before evidence
  double slope_variance = 0.05;  ///< of users' slopes before evidence
  double item_variance = 0.30;   ///< of items' biases before evidence
  double noise = 0.85;           ///< of one rating
  double user_drift = 0.002;     ///< added a rating of the user
  double item_drift = 0.0005;    ///< added a folded rating of the item
  double taste_variance = 0.06;  ///< of each number of an item's taste before evidence; a user's have 1
  double taste_noise = 0.75;     ///< of one rating, given both tastes
  double memory = 120;           ///< ratings after which one counts 1/e for its user's taste
};

struct UserRatingState {
  double bias = 0;
  double slope = 0;
  double bias_variance = 0;  ///< 0 with ratings == 0: the prior
  double covariance = 0;
  double slope_variance = 0;
  std::uint32_t ratings = 0;
  void Encode(ByteWriter& to) const;
  bool Decode(ByteReader& from);
};

struct ItemRatingState {
  double bias = 0;
  double variance = 0;  ///< 0 with ratings == 0: the prior
  std::uint32_t ratings = 0;
  void Encode(ByteWriter& to) const;
  bool Decode(ByteReader& from);
};

/// What a batch's ratings say about one item, in information form: sums, so that batches and partitions
/// merge.
struct RatingEvidence {
  double precision = 0;   ///< sum of 1 / variance of each rating as a measurement of the item's bias
  double weighted = 0;    ///< sum of residual / variance
  double rating_sum = 0;  ///< for the global mean
  std::int64_t ratings = 0;
  Timestamp last;
  bool empty() const { return ratings == 0 && precision == 0 && weighted == 0 && rating_sum == 0; }
  void Merge(const RatingEvidence& other);
  /// What takes this evidence back.
  RatingEvidence Negated() const;
  void Encode(ByteWriter& to) const;
  bool Decode(ByteReader& from);
};

/// What one rating taught: kept beside the rating, so that it can be taken back.
struct RatingLesson {
  double affinity = 0;      ///< of the user for the item, as it was
  double residual = 0;      ///< rating - mean - item's bias: what the user's state was told
  double variance = 0;      ///< of that residual as a measurement of the user's state
  RatingEvidence evidence;  ///< what the item was told
  void Encode(ByteWriter& to) const;
  bool Decode(ByteReader& from);
};

struct RatingEstimate {
  double value = 0;  ///< clipped to 1..5
  double error = 0;  ///< standard deviation of the rating around the value
};

/// Where a rating meets the model.
struct RatingContext {
  double mean = 0;      ///< global mean
  double affinity = 0;  ///< q . p; 0 without factors
  ItemRatingState item;
};

class RatingModel final {
 public:
  explicit RatingModel(const RatingOptions& options = {}) : options_(options) {}

  RatingEstimate Predict(const UserRatingState& user, const RatingContext& context) const;
  /// By how many stars the prediction for this item differs from what the user gives on average: the share of
  /// the item's bias, and that of the user's slope. Not clipped.
  struct Deviation {
    double item = 0;
    double taste = 0;
  };
  static Deviation DeviationOf(const UserRatingState& user, const RatingContext& context);
  /// Learns one rating into the user's state and returns it with what its item must learn.
  RatingLesson Learn(UserRatingState& user, const RatingContext& context, double rating, Timestamp at) const;
  /// Takes a rating back: the Kalman update with its measurement removed from the information, and the drift
  /// that came with it. Exact for the newest rating and for the only one. For an older one it differs by what
  /// the drift since then had forgotten of it, at most user_drift a later rating; what other items were
  /// taught with the user's bias of then stays.
  void TakeBack(UserRatingState& user, const RatingLesson& lesson) const;
  /// Two people turn out to be one: their measurements together, the prior once. Exact without drift.
  UserRatingState Combined(const UserRatingState& a, const UserRatingState& b) const;
  /// Folds a batch's evidence into an item.
  void Fold(ItemRatingState& item, const RatingEvidence& evidence) const;
  /// A global mean that starts at the middle of the scale.
  static double GlobalMean(double rating_sum, std::uint64_t ratings);

 private:
  UserRatingState Prior(const UserRatingState& user) const;
  double ItemVariance(const ItemRatingState& item) const;
  RatingOptions options_;
};

/// Maps a rating from its own scale to 1..5. scale_min < scale_max.
double RatingOnFive(double rating, double scale_min, double scale_max);

}  // namespace freshet
