#include "models/exact_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/random.h"
#include "models/float_lanes.h"

namespace freshet {
namespace {

double RelativeError(double value, double reference) {
  return std::abs(value - reference) / std::max(std::abs(reference), 1e-300);
}

TEST(ExactMath, AgreesWithTheCLibraryOverTheWholeRange) {
  Random random(1);
  for (int i = 0; i < 200'000; ++i) {
    const double exponent = (random.Uniform() - 0.5) * 2000;
    const double x = std::exp2(exponent);
    EXPECT_LT(std::abs(Log2(x) - std::log2(x)), 1e-15 * std::max(1.0, std::abs(exponent)) * 4);
    EXPECT_LT(std::abs(Log(x) - std::log(x)), 1e-15 * std::max(1.0, std::abs(exponent)) * 4);
    EXPECT_LT(RelativeError(Exp2(exponent), x), 1e-14) << exponent;
    EXPECT_LT(RelativeError(Exp(exponent / 3), std::exp(exponent / 3)), 1e-12) << exponent;
  }
}

TEST(ExactMath, IsExactForPowersOfTwo) {
  for (int n = -1022; n <= 1023; ++n) {
    EXPECT_EQ(Exp2(n), std::ldexp(1.0, n));
    EXPECT_EQ(Log2(std::ldexp(1.0, n)), n);
  }
}

TEST(ExactMath, DefinesTheEdges) {
  EXPECT_EQ(Exp2(-1e9), 0);
  EXPECT_EQ(Exp2(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_TRUE(std::isinf(Exp2(2000)));
  EXPECT_TRUE(std::isinf(Log(0)));
  EXPECT_TRUE(std::isinf(Log2(-1)));
  EXPECT_NEAR(Log2(4e-320), std::log2(4e-320), 1e-9);
  EXPECT_EQ(Pow(0, 0.4), 0);
  EXPECT_NEAR(Pow(10, 0.4), std::pow(10, 0.4), 1e-13);
}

TEST(ExactMath, HasTheSameBitsOnEveryMachine) {
  std::uint64_t bits = 0;
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.Uniform() * 1000;
    for (const double y : {Log2(x), Exp2(x - 500), Exp(x / 2), Pow(x, 0.4)}) {
      bits = MixBits(bits ^ std::bit_cast<std::uint64_t>(y));
    }
  }
  EXPECT_EQ(bits, 9493769716538654543ULL);
}

TEST(FloatLanes, AgreesWithDoublePrecision) {
  Random random(4);
  for (int i = 0; i < 100'000; ++i) {
    const auto x = static_cast<float>(std::exp2((random.Uniform() - 0.5) * 200));
    const float log = Log2(FillLanes(x))[3];
    EXPECT_NEAR(log, Log2(static_cast<double>(x)), 3e-7 + 2e-7 * std::abs(log));
    const auto y = static_cast<float>((random.Uniform() - 0.5) * 250);
    EXPECT_LT(RelativeError(Exp2(FillLanes(y))[5], Exp2(static_cast<double>(y))), 4e-7);
  }
}

TEST(FloatLanes, TreatsEachLaneAlike) {
  std::vector<float> values(64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 3.7f;
  std::vector<float> logs = values;
  ScaledLog1p(0.3f, logs);
  std::vector<float> powers(values.begin() + 8, values.end());
  RaiseTo(-0.4f, powers);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(logs[i], 0.3 * std::log1p(static_cast<double>(values[i])), 2e-6);
    if (i >= 8) {
      EXPECT_NEAR(powers[i - 8], std::pow(static_cast<double>(values[i]), -0.4), 1e-6);
    }
  }
}

TEST(FloatLanes, DotAndAddScaledMatchPlainLoops) {
  Random random(5);
  Factor a;
  Factor b;
  for (std::size_t i = 0; i < kFactors; ++i) {
    a[i] = static_cast<float>(random.Uniform() - 0.5);
    b[i] = static_cast<float>(random.Uniform() - 0.5);
  }
  double dot = 0;
  for (std::size_t i = 0; i < kFactors; ++i) dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  EXPECT_NEAR(Dot(a, b), dot, 1e-5);
  Factor sum = a;
  AddScaled(sum, 0.25f, b);
  for (std::size_t i = 0; i < kFactors; ++i) EXPECT_EQ(sum[i], a[i] + 0.25f * b[i]);
}

TEST(FloatLanes, HasTheSameBitsOnEveryMachine) {
  std::uint64_t bits = 0;
  Random random(6);
  for (int i = 0; i < 10'000; ++i) {
    const auto x = static_cast<float>(random.Uniform() * 100);
    for (const float y : {Log2(FillLanes(x))[0], Exp2(FillLanes(x - 50))[7]}) {
      bits = MixBits(bits ^ std::bit_cast<std::uint32_t>(y));
    }
  }
  EXPECT_EQ(bits, 8082229248754505494ULL);
}

}  // namespace
}  // namespace freshet
