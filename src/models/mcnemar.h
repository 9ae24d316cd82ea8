#pragma once

#include <cstdint>

namespace freshet {

/// McNemar's test of two models by the cases that only one of them got right (McNemar 1947; over a sliding
/// window of a stream: Vinagre, Jorge, Rocha, Gama 2019). Same bits on every machine.
struct McNemarTest {
  double statistic = 0;  ///< (|wins - losses| - 1)^2 / (wins + losses), the continuity-corrected chi-square
  /// Probability of a difference at least as large between equal models. Below 25 cases from the binomial
  /// distribution, exactly; else from the statistic, within a relative error of 2e-7.
  double p = 1;

  static McNemarTest Of(std::uint64_t wins, std::uint64_t losses);
};

/// 1 - erf(x) for x >= 0, within a relative error of 2e-7.
double Erfc(double x);

}  // namespace freshet
