#include "models/mcnemar.h"

#include <gtest/gtest.h>

#include <cmath>

namespace freshet {
namespace {

TEST(McNemar, HandWorkedCases) {
  const McNemarTest wide = McNemarTest::Of(150, 86);
  EXPECT_NEAR(wide.statistic, 63.0 * 63 / 236, 1e-12);
  EXPECT_NEAR(wide.p, std::erfc(std::sqrt(63.0 * 63 / 472)), 1e-11);
  const McNemarTest close = McNemarTest::Of(33, 27);
  EXPECT_NEAR(close.statistic, 25.0 / 60, 1e-12);
  EXPECT_NEAR(close.p, std::erfc(std::sqrt(25.0 / 120)), 1e-7);
}

TEST(McNemar, IsExactWhereThereAreFewCases) {
  EXPECT_DOUBLE_EQ(McNemarTest::Of(0, 5).p, 2.0 / 32);
  EXPECT_DOUBLE_EQ(McNemarTest::Of(6, 1).p, 2.0 * (1 + 7) / 128);
  EXPECT_DOUBLE_EQ(McNemarTest::Of(3, 3).p, 1);
  EXPECT_DOUBLE_EQ(McNemarTest::Of(24, 0).p, 2 * std::ldexp(1.0, -24));
}

TEST(McNemar, SaysNothingWithoutCasesAndKnowsNoSides) {
  EXPECT_EQ(McNemarTest::Of(0, 0).p, 1);
  EXPECT_EQ(McNemarTest::Of(0, 0).statistic, 0);
  for (std::uint64_t wins = 0; wins < 60; wins += 7) {
    for (std::uint64_t losses = 0; losses < 60; losses += 5) {
      const McNemarTest one = McNemarTest::Of(wins, losses);
      EXPECT_EQ(one.p, McNemarTest::Of(losses, wins).p);
      EXPECT_GE(one.p, 0);
      EXPECT_LE(one.p, 1);
    }
  }
}

TEST(McNemar, EndsAtZeroForAnOverwhelmingDifference) {
  const McNemarTest test = McNemarTest::Of(1'000'000'000, 0);
  EXPECT_EQ(test.p, 0);
  EXPECT_NEAR(test.statistic, 1e9, 10);
}

TEST(Erfc, StaysWithinItsError) {
  for (double x = 0; x < 26; x += 0.013) EXPECT_NEAR(Erfc(x) / std::erfc(x), 1, 2e-7) << x;
}

}  // namespace
}  // namespace freshet
