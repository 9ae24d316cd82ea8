#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "freshet/model.h"
#include "models/history_window.h"
#include "models/spd_solver.h"

namespace freshet {

/// Places of the history that the user's factor is folded in from.
inline constexpr std::size_t kFactorPlaces = 32;

/// A user's factor in its dual form: with B = (alpha0 G + lambda I)^-1 and z_j = B q_j, the implicit-ALS
/// fold-in p = (B^-1 + Q' W Q)^-1 Q' W 1 equals sum_j a_j z_j with a = (W^-1 + Q B Q')^-1 1 (Woodbury). It
/// costs the history's length squared instead of kFactors cubed, and a_j z_j . q_i is what place j adds to
/// item i's score. Confidences are strength * exp(-place / recency). Disliked places (strength 0) are left
/// out: a dislike filters its item, it does not push its neighbours away. Reusable without allocation; one
/// thread at a time.
class UserFactor final {
 public:
  /// Uses the first `places_max` places; those without a factor in the view are skipped.
  explicit UserFactor(std::size_t places_max = kFactorPlaces, double recency = 20);

  /// False when nothing in the history has a factor: there is no user factor then.
  bool Compute(std::span<const WindowItem> places, const ItemView& view);
  bool known() const { return used_ > 0; }
  /// p; all zero when unknown.
  const Factor& value() const { return value_; }
  /// What each place of the last Compute adds to q . p. `by_place` has at least as many entries as places
  /// used.
  void Contributions(const Factor& q, std::span<float> by_place) const;

 private:
  void SolveWeights();

  std::size_t places_max_;
  std::array<float, kFactorPlaces> recency_{};
  std::size_t used_ = 0;
  std::array<std::size_t, kFactorPlaces> place_{};
  std::array<float, kFactorPlaces> confidence_{};
  std::array<const Factor*, kFactorPlaces> q_{};
  std::array<const Factor*, kFactorPlaces> z_{};  ///< borrowed from the view of the last Compute
  std::array<double, kFactorPlaces> weight_{};    ///< a
  Factor value_{};
  SpdSolver solver_;
};

}  // namespace freshet
