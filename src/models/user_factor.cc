#include "models/user_factor.h"

#include <algorithm>

#include "base/assert.h"
#include "models/exact_math.h"
#include "models/float_lanes.h"

namespace freshet {

UserFactor::UserFactor(std::size_t places_max, double recency) : places_max_(places_max) {
  FRESHET_ASSERT(places_max <= kFactorPlaces);
  FRESHET_ASSERT(recency > 0);
  for (std::size_t i = 0; i < kFactorPlaces; ++i) {
    recency_[i] = static_cast<float>(Exp(-static_cast<double>(i) / recency));
  }
}

bool UserFactor::Compute(std::span<const WindowItem> places, const ItemView& view) {
  used_ = 0;
  value_.fill(0);
  for (std::size_t i = 0; i < places.size() && i < places_max_; ++i) {
    if (places[i].strength <= 0) continue;
    const ItemModel* item = view.Find(places[i].item);
    const Factor* folded = item != nullptr && item->has_factor ? view.Folded(places[i].item) : nullptr;
    if (folded == nullptr) continue;
    place_[used_] = i;
    confidence_[used_] = places[i].strength * recency_[i];
    q_[used_] = &item->factor;
    z_[used_++] = folded;
  }
  if (used_ > 0) SolveWeights();
  return used_ > 0;
}

void UserFactor::SolveWeights() {
  solver_.Reset(used_);
  for (std::size_t i = 0; i < used_; ++i) {
    for (std::size_t j = i; j < used_; ++j) solver_.At(i, j) = static_cast<double>(Dot(*q_[i], *z_[j]));
    solver_.At(i, i) += 1 / static_cast<double>(confidence_[i]);
    weight_[i] = 1;
  }
  // S is positive semi-definite up to rounding and W^-1 adds at least 1 / (max strength): a failure is a bad
  // view.
  if (!solver_.Factorise()) {
    used_ = 0;
    return;
  }
  solver_.Solve(std::span(weight_).first(used_));
  for (std::size_t i = 0; i < used_; ++i) AddScaled(value_, static_cast<float>(weight_[i]), *z_[i]);
}

void UserFactor::Contributions(const Factor& q, std::span<float> by_place) const {
  std::fill(by_place.begin(), by_place.end(), 0.0f);
  for (std::size_t i = 0; i < used_; ++i) {
    by_place[place_[i]] = static_cast<float>(weight_[i]) * Dot(q, *z_[i]);
  }
}

}  // namespace freshet
