#pragma once

#include <array>
#include <string>

#include "freshet/model.h"

namespace freshet {

/// Sums over a view's popularity orders, kept while the view's version stays: one logarithmic maximum and the
/// sum of all values relative to it for each half-life.
struct PopularityTotals {
  /// Costs nothing where they are this view's in its version.
  void Use(const ItemView& of);

  const ItemView* view = nullptr;
  std::string version;
  std::array<double, kHalfLives> log_max{};
  std::array<double, kHalfLives> relative_sum{};
};

}  // namespace freshet
