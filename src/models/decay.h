#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "freshet/model.h"

namespace freshet {

// Forward decay (Cormode, Shkapenyuk, Srivastava, Xu 2009). Landmarks lie on the grid of whole half-lives, so
// that moving a sum to a later landmark multiplies it by a power of two and loses nothing: any order of
// additions and merges of the same terms differs by the rounding of the additions alone.

struct HalfLife {
  std::int64_t ms = 1;
  auto operator<=>(const HalfLife&) const = default;
};

/// The last grid point at or before `at`.
Timestamp LandmarkFor(Timestamp at, HalfLife half_life);

/// What a weight of 1 at `at` is worth at `landmark`: 2^((at - landmark) / half_life).
double WeightAt(Timestamp at, Timestamp landmark, HalfLife half_life);

/// What a weight of 1 at a time is worth at the landmark of that time. Keeps the last one: cells come in
/// runs.
class LandmarkWeight final {
 public:
  explicit LandmarkWeight(HalfLife half_life) : half_life_(half_life) {}
  void MoveTo(Timestamp at) {
    if (at == at_) return;
    at_ = at;
    landmark_ = LandmarkFor(at, half_life_);
    weight_ = WeightAt(at, landmark_, half_life_);
  }
  Timestamp landmark() const { return landmark_; }
  /// The weight at another landmark, or at its own.
  double At(Timestamp landmark) const {
    return landmark == landmark_ ? weight_ : WeightAt(at_, landmark, half_life_);
  }
  HalfLife half_life() const { return half_life_; }

 private:
  HalfLife half_life_;
  Timestamp at_{INT64_MIN};
  Timestamp landmark_;
  double weight_ = 1;
};

/// Adds `weight` (negative takes back) at event time `at`; moves the landmark forward, never back.
void Add(DecayedSum& sum, double weight, Timestamp at, HalfLife half_life);
void Merge(DecayedSum& into, const DecayedSum& from, HalfLife half_life);
double ValueAt(const DecayedSum& sum, Timestamp at, HalfLife half_life);

/// ValueAt for many sums at one time: sums with landmarks on the grid cost a multiplication and no
/// exponential.
class DecayReader final {
 public:
  DecayReader(Timestamp at, HalfLife half_life);
  double ValueOf(const DecayedSum& sum) const {
    const double cells = static_cast<double>(sum.landmark.ms - landmark_.ms) * per_half_life_;
    const double whole = std::floor(cells + 0.5);
    if (std::abs(cells - whole) > 1e-9 || !(whole >= -1000 && whole <= 1000))
      return ValueAt(sum, at_, half_life_);
    const auto power = static_cast<std::uint64_t>(static_cast<std::int64_t>(whole) + 1023) << 52;
    return sum.sum * std::bit_cast<double>(power) * since_landmark_;
  }

 private:
  Timestamp at_;
  HalfLife half_life_;
  Timestamp landmark_;
  double per_half_life_;
  double since_landmark_;  ///< what 1 at landmark_ is worth at at_
};

/// log2 of the sum's value at time 0: orders sums by their value at any one time. -infinity for sums <= 0.
double LogScore(const DecayedSum& sum, HalfLife half_life);

}  // namespace freshet
