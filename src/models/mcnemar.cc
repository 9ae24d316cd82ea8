#include "models/mcnemar.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/exact_math.h"

namespace freshet {
namespace {

/// Fewer cases are too few for the chi-square distribution.
constexpr std::uint64_t kFew = 25;

/// Probability that of n fair coins at most `fewer` or at least n - `fewer` fall on one side.
double TwoSided(std::uint64_t n, std::uint64_t fewer) {
  double ways = 1;  // n over i: exact, for n is small
  double sum = 0;
  for (std::uint64_t i = 0; i <= fewer; ++i) {
    sum += ways;
    ways = ways * static_cast<double>(n - i) / static_cast<double>(i + 1);
  }
  return std::min(1.0, 2 * sum * Exp2(-static_cast<double>(n)));
}

}  // namespace

double Erfc(double x) {
  // Chebyshev fit of Press, Teukolsky, Vetterling, Flannery, Numerical Recipes, 6.2.
  constexpr std::array<double, 10> kFit = {-1.26551223, 1.00002368,  0.37409196, 0.09678418,  -0.18628806,
                                           0.27886807,  -1.13520398, 1.48851587, -0.82215223, 0.17087277};
  const double t = 1 / (1 + 0.5 * x);
  double power = 0;
  for (auto fit = kFit.rbegin(); fit != kFit.rend(); ++fit) power = power * t + *fit;
  return t * Exp(power - x * x);
}

McNemarTest McNemarTest::Of(std::uint64_t wins, std::uint64_t losses) {
  McNemarTest test;
  const std::uint64_t cases = wins + losses;
  if (cases == 0) return test;
  const std::uint64_t fewer = std::min(wins, losses);
  const std::uint64_t gap = cases - 2 * fewer;
  const double corrected = gap > 0 ? static_cast<double>(gap - 1) : 0.0;
  test.statistic = corrected * corrected / static_cast<double>(cases);
  test.p = cases < kFew ? TwoSided(cases, fewer) : std::min(1.0, Erfc(std::sqrt(test.statistic / 2)));
  return test;
}

}  // namespace freshet
