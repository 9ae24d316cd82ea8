#include "models/decay.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

namespace freshet {
namespace {

constexpr HalfLife kDay{24LL * 3600 * 1000};

TEST(Decay, HalvesAfterAHalfLife) {
  DecayedSum sum;
  Add(sum, 8, {kDay.ms * 100 + 77}, kDay);
  EXPECT_NEAR(ValueAt(sum, {kDay.ms * 100 + 77}, kDay), 8, 1e-12);
  EXPECT_NEAR(ValueAt(sum, {kDay.ms * 101 + 77}, kDay), 4, 1e-12);
  EXPECT_NEAR(ValueAt(sum, {kDay.ms * 110 + 77}, kDay), 8.0 / 1024, 1e-12);
}

TEST(Decay, LandmarksLieOnTheGridBeforeAndAfterTheEpoch) {
  EXPECT_EQ(LandmarkFor({5}, {10}).ms, 0);
  EXPECT_EQ(LandmarkFor({10}, {10}).ms, 10);
  EXPECT_EQ(LandmarkFor({-1}, {10}).ms, -10);
  EXPECT_EQ(LandmarkFor({-10}, {10}).ms, -10);
}

TEST(Decay, LogScoreOrdersAsTheValuesDoAtAnyTime) {
  DecayedSum old_and_large;
  DecayedSum young_and_small;
  Add(old_and_large, 100, {kDay.ms * 3}, kDay);
  Add(young_and_small, 3, {kDay.ms * 9}, kDay);
  EXPECT_LT(LogScore(old_and_large, kDay), LogScore(young_and_small, kDay));
  EXPECT_NEAR(LogScore(young_and_small, kDay), 9 + std::log2(3), 1e-12);
  EXPECT_TRUE(std::isinf(LogScore({}, kDay)));
}

TEST(Decay, TheReaderAgreesOnAndOffTheGrid) {
  for (const std::int64_t at : {kDay.ms * 50, kDay.ms * 50 + 12345, kDay.ms * 3, kDay.ms * 5000}) {
    const DecayReader reader({at}, kDay);
    for (const std::int64_t landmark :
         {std::int64_t{0}, kDay.ms * 49, kDay.ms * 50, kDay.ms * 51, kDay.ms + 7}) {
      const double expected = ValueAt({3.5, {landmark}}, {at}, kDay);
      EXPECT_NEAR(reader.ValueOf({3.5, {landmark}}), expected, 1e-13 * expected);
    }
  }
}

TEST(Decay, TakingBackLeavesNothing) {
  DecayedSum sum;
  Add(sum, 2, {kDay.ms * 5 + 1}, kDay);
  const DecayedSum before = sum;
  Add(sum, 3, {kDay.ms * 8 + 123}, kDay);
  Add(sum, -3, {kDay.ms * 8 + 123}, kDay);
  EXPECT_NEAR(ValueAt(sum, {kDay.ms * 9}, kDay), ValueAt(before, {kDay.ms * 9}, kDay), 1e-12);
}

TEST(Decay, AgreesWithANaiveSumHoweverTheTermsAreGrouped) {
  EXPECT_TRUE(rc::check([] {
    const auto terms = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(1, 100), rc::gen::inRange(0, 3000)));
    const HalfLife half_life{*rc::gen::inRange(50, 500)};
    const Timestamp now{3000};
    DecayedSum one_by_one;
    DecayedSum even;
    DecayedSum odd;
    double naive = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const auto& [weight, at] = terms[i];
      Add(one_by_one, weight, {at}, half_life);
      Add(i % 2 == 0 ? even : odd, weight, {at}, half_life);
      naive += weight * std::exp2(-(3000.0 - at) / static_cast<double>(half_life.ms));
    }
    Merge(odd, even, half_life);
    RC_ASSERT(std::abs(ValueAt(one_by_one, now, half_life) - naive) <= 1e-12 * (1 + naive));
    RC_ASSERT(std::abs(ValueAt(odd, now, half_life) - naive) <= 1e-12 * (1 + naive));
  }));
}

}  // namespace
}  // namespace freshet
