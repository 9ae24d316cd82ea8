#include "rank/features.h"

#include <algorithm>

#include "base/assert.h"
#include "models/float_lanes.h"

namespace freshet {
namespace {

constexpr double kLiftScale = 0.2;  // quality is flat between .05 and .5
constexpr float kItemScale = 0.3f;  // brings counts and ages to the range of the lifts
constexpr double kDarkMass = 1e-20;
constexpr double kStarsMax = 4;  // between the ends of the scale

float HoursBetween(Timestamp from, Timestamp to) {
  constexpr float kHoursPerMs = 1.0f / (3600 * 1000);
  return from.ms == 0 ? 0.0f : static_cast<float>(std::max<std::int64_t>(to.ms - from.ms, 0)) * kHoursPerMs;
}

}  // namespace

RatingContext RatingContextOf(const ItemModel& item, const UserFactor* factor) {
  RatingContext context;
  context.item = {static_cast<double>(item.rating_bias), static_cast<double>(item.rating_variance),
                  item.ratings};
  const bool known = factor != nullptr && factor->known() && item.has_factor;
  if (known) context.affinity = static_cast<double>(Dot(item.factor, factor->value()));
  return context;
}

void FeatureTable::Fill(const CandidatePool& pool, std::size_t generators, Timestamp now,
                        const RatingSignals& ratings) {
  rows_ = pool.shortlist().size();
  columns_ = generators + kItemFeatures.size();
  FRESHET_ASSERT(columns_ <= kPartsMax);
  stride_ = WholeLanes(rows_);
  values_.assign(columns_ * stride_, 0.0f);
  for (std::size_t g = 0; g < generators; ++g) FillGenerator(pool, g);
  FillItems(pool, generators, now);
  if (ratings.user != nullptr) FillRatings(pool, generators, ratings);
}

void FeatureTable::BlankTaken(const CandidatePool& pool, std::uint32_t parts) {
  for (std::size_t i = 0; i < rows_; ++i) {
    if (!pool.Taken(pool.shortlist()[i])) continue;
    for (std::size_t b = 0; b < columns_; ++b) {
      if ((parts >> b & 1) != 0) values_[b * stride_ + i] = 0;
    }
  }
}

void FeatureTable::FillGenerator(const CandidatePool& pool, std::size_t generator) {
  const CandidatePool::Mass& mass = pool.mass(generator);
  if (mass.sum < kDarkMass) return;
  const auto scale = static_cast<float>(kLiftScale * mass.population / mass.sum);
  const std::span<float> column = std::span(values_).subspan(generator * stride_, stride_);
  const std::span<const float> scores = pool.scores(generator);
  for (std::size_t i = 0; i < rows_; ++i) column[i] = std::max(scores[i], 0.0f) * scale;
  ScaledLog1p(1, column);
}

void FeatureTable::FillItems(const CandidatePool& pool, std::size_t generators, Timestamp now) {
  const std::span<float> columns = std::span(values_).subspan(generators * stride_);
  for (std::size_t i = 0; i < rows_; ++i) {
    const ItemModel& item = *pool.item(pool.shortlist()[i]);
    columns[i] = static_cast<float>(item.events);
    columns[stride_ + i] = HoursBetween(item.last_event, now);
    columns[2 * stride_ + i] = HoursBetween(item.first_event, now);
  }
  ScaledLog1p(kItemScale, columns.first(3 * stride_));
}

void FeatureTable::FillRatings(const CandidatePool& pool, std::size_t generators,
                               const RatingSignals& ratings) {
  const std::span<float> column =
      std::span(values_).subspan((generators + kRatingsFeature) * stride_, stride_);
  for (std::size_t i = 0; i < rows_; ++i) {
    const ItemModel& item = *pool.item(pool.shortlist()[i]);
    const auto context = RatingContextOf(item, ratings.user->slope == 0 ? nullptr : ratings.factor);
    const RatingModel::Deviation stars = RatingModel::DeviationOf(*ratings.user, context);
    column[i] = static_cast<float>(std::clamp(stars.item + stars.taste, -kStarsMax, kStarsMax));
  }
}

}  // namespace freshet
