#include "models/rating_model.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace freshet {
namespace {

/// Variance of bias + slope * affinity.
double UserVariance(const UserRatingState& user, double affinity) {
  return user.bias_variance + 2 * affinity * user.covariance + affinity * affinity * user.slope_variance;
}

/// A user's state as information: the inverse of its covariance, and that times its mean.
struct Information {
  double bias = 0;
  double slope = 0;
  double bias_bias = 0;
  double bias_slope = 0;
  double slope_slope = 0;
};

Information InformationOf(const UserRatingState& user) {
  // A slope that cannot vary (its prior variance is 0) is known as well as can be.
  const double slope_variance = std::max(user.slope_variance, 1e-12);
  const double determinant =
      std::max(user.bias_variance * slope_variance - user.covariance * user.covariance, 1e-18);
  Information information;
  information.bias_bias = slope_variance / determinant;
  information.bias_slope = -user.covariance / determinant;
  information.slope_slope = user.bias_variance / determinant;
  information.bias = information.bias_bias * user.bias + information.bias_slope * user.slope;
  information.slope = information.bias_slope * user.bias + information.slope_slope * user.slope;
  return information;
}

}  // namespace

UserRatingState RatingModel::Prior(const UserRatingState& user) const {
  if (user.ratings > 0) return user;
  UserRatingState prior;
  prior.bias_variance = options_.user_variance;
  prior.slope_variance = options_.slope_variance;
  return prior;
}

double RatingModel::ItemVariance(const ItemRatingState& item) const {
  return item.ratings > 0 ? item.variance : options_.item_variance;
}

RatingEstimate RatingModel::Predict(const UserRatingState& stored, const RatingContext& context) const {
  const UserRatingState user = Prior(stored);
  const double value = context.mean + user.bias + context.item.bias + user.slope * context.affinity;
  const double variance = options_.noise + UserVariance(user, context.affinity) + ItemVariance(context.item);
  return {std::clamp(value, 1.0, 5.0), std::sqrt(std::max(variance, 0.0))};
}

RatingModel::Deviation RatingModel::DeviationOf(const UserRatingState& user, const RatingContext& context) {
  return {context.item.bias, user.slope * context.affinity};
}

RatingLesson RatingModel::Learn(UserRatingState& stored, const RatingContext& context, double rating,
                                Timestamp at) const {
  UserRatingState user = Prior(stored);
  user.bias_variance += options_.user_drift;
  const double affinity = context.affinity;
  const double spread = UserVariance(user, affinity);
  const double for_item = options_.noise + spread;
  const double item_residual = rating - context.mean - user.bias - user.slope * affinity;
  const double innovation = item_residual - context.item.bias;
  const double total = for_item + ItemVariance(context.item);
  const double bias_gain = (user.bias_variance + affinity * user.covariance) / total;
  const double slope_gain = (user.covariance + affinity * user.slope_variance) / total;
  user.bias += bias_gain * innovation;
  user.slope += slope_gain * innovation;
  user.bias_variance -= bias_gain * bias_gain * total;
  user.covariance -= bias_gain * slope_gain * total;
  user.slope_variance -= slope_gain * slope_gain * total;
  ++user.ratings;
  stored = user;
  return {affinity,
          rating - context.mean - context.item.bias,
          options_.noise + ItemVariance(context.item),
          {1 / for_item, item_residual / for_item, rating, 1, at}};
}

void RatingModel::TakeBack(UserRatingState& user, const RatingLesson& lesson) const {
  if (user.ratings <= 1) {
    user = {};
    return;
  }
  --user.ratings;
  const double affinity = lesson.affinity;
  // The information that is left once the measurement's is gone; none: drift has forgotten it by now.
  const double left = lesson.variance - UserVariance(user, affinity);
  if (left <= 0) return;
  const double bias_gain = (user.bias_variance + affinity * user.covariance) / left;
  const double slope_gain = (user.covariance + affinity * user.slope_variance) / left;
  const double innovation = lesson.residual - user.bias - user.slope * affinity;
  user.bias -= bias_gain * innovation;
  user.slope -= slope_gain * innovation;
  user.bias_variance += bias_gain * bias_gain * left;
  user.covariance += bias_gain * slope_gain * left;
  user.slope_variance += slope_gain * slope_gain * left;
  user.bias_variance = std::max(user.bias_variance - options_.user_drift, 0.0);
}

UserRatingState RatingModel::Combined(const UserRatingState& a, const UserRatingState& b) const {
  if (a.ratings == 0) return b;
  if (b.ratings == 0) return a;
  const Information prior = InformationOf(Prior({}));
  const Information one = InformationOf(a);
  const Information other = InformationOf(b);
  const Information sum{one.bias + other.bias, one.slope + other.slope,
                        one.bias_bias + other.bias_bias - prior.bias_bias,
                        one.bias_slope + other.bias_slope - prior.bias_slope,
                        one.slope_slope + other.slope_slope - prior.slope_slope};
  const double determinant = sum.bias_bias * sum.slope_slope - sum.bias_slope * sum.bias_slope;
  // Drift can leave less information than the prior had: then the one who rated more speaks for both.
  if (!(determinant > 0) || !(sum.bias_bias > 0)) return a.ratings >= b.ratings ? a : b;
  UserRatingState both;
  both.bias_variance = sum.slope_slope / determinant;
  both.covariance = -sum.bias_slope / determinant;
  both.slope_variance = sum.bias_bias / determinant;
  both.bias = both.bias_variance * sum.bias + both.covariance * sum.slope;
  both.slope = both.covariance * sum.bias + both.slope_variance * sum.slope;
  both.ratings = a.ratings + b.ratings;
  return both;
}

void RatingModel::Fold(ItemRatingState& item, const RatingEvidence& evidence) const {
  if (evidence.empty()) return;
  const double variance =
      ItemVariance(item) +
      options_.item_drift * static_cast<double>(std::max<std::int64_t>(evidence.ratings, 0));
  const double precision = std::max(1 / variance + evidence.precision, 1 / options_.item_variance);
  item.bias = (item.bias / variance + evidence.weighted) / precision;
  item.variance = 1 / precision;
  const std::int64_t ratings = static_cast<std::int64_t>(item.ratings) + evidence.ratings;
  item.ratings = static_cast<std::uint32_t>(std::clamp<std::int64_t>(ratings, 0, UINT32_MAX));
  if (item.ratings == 0) item = {};
}

double RatingModel::GlobalMean(double rating_sum, std::uint64_t ratings) {
  constexpr double kPriorRatings = 5;
  return (rating_sum + 3 * kPriorRatings) / (static_cast<double>(ratings) + kPriorRatings);
}

void RatingEvidence::Merge(const RatingEvidence& other) {
  precision += other.precision;
  weighted += other.weighted;
  rating_sum += other.rating_sum;
  ratings += other.ratings;
  last = std::max(last, other.last);
}

RatingEvidence RatingEvidence::Negated() const {
  return {-precision, -weighted, -rating_sum, -ratings, last};
}

void RatingLesson::Encode(ByteWriter& to) const {
  for (const double value : {affinity, residual, variance}) to.Fixed(value);
  evidence.Encode(to);
}

bool RatingLesson::Decode(ByteReader& from) {
  bool finite = true;
  for (double* value : {&affinity, &residual, &variance}) {
    finite = std::isfinite(*value = from.Fixed<double>()) && finite;
  }
  return evidence.Decode(from) && finite;
}

void RatingEvidence::Encode(ByteWriter& to) const {
  to.Fixed(precision);
  to.Fixed(weighted);
  to.Fixed(rating_sum);
  to.Signed(ratings);
  to.Signed(last.ms);
}

bool RatingEvidence::Decode(ByteReader& from) {
  precision = from.Fixed<double>();
  weighted = from.Fixed<double>();
  rating_sum = from.Fixed<double>();
  ratings = from.Signed();
  last.ms = from.Signed();
  return from.ok() && std::isfinite(precision) && std::isfinite(weighted) && std::isfinite(rating_sum);
}

void UserRatingState::Encode(ByteWriter& to) const {
  for (const double value : {bias, slope, bias_variance, covariance, slope_variance}) to.Fixed(value);
  to.Varint(ratings);
}

bool UserRatingState::Decode(ByteReader& from) {
  bool finite = true;
  for (double* value : {&bias, &slope, &bias_variance, &covariance, &slope_variance}) {
    finite = std::isfinite(*value = from.Fixed<double>()) && finite;
  }
  ratings = static_cast<std::uint32_t>(from.Varint());
  return from.ok() && finite && bias_variance >= 0 && slope_variance >= 0;
}

void ItemRatingState::Encode(ByteWriter& to) const {
  to.Fixed(bias);
  to.Fixed(variance);
  to.Varint(ratings);
}

bool ItemRatingState::Decode(ByteReader& from) {
  bias = from.Fixed<double>();
  variance = from.Fixed<double>();
  ratings = static_cast<std::uint32_t>(from.Varint());
  return from.ok() && std::isfinite(bias) && std::isfinite(variance) && variance >= 0;
}

double RatingOnFive(double rating, double scale_min, double scale_max) {
  FRESHET_ASSERT(scale_min < scale_max);
  return 1 + 4 * (rating - scale_min) / (scale_max - scale_min);
}

}  // namespace freshet
