#include "models/rank_counts.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(RankCounts, HandWorkedMeans) {
  RankCounts counts;
  counts.Add(1);
  counts.Add(3);
  counts.Add(10);
  counts.Add(20);
  counts.Add(21);  // beyond what is counted
  counts.Add(0, 3);
  EXPECT_EQ(counts.Lists(), 8U);
  EXPECT_EQ(counts.At(0), 4U);
  EXPECT_DOUBLE_EQ(counts.HitRate(5), 2.0 / 8);
  EXPECT_DOUBLE_EQ(counts.HitRate(10), 3.0 / 8);
  EXPECT_DOUBLE_EQ(counts.HitRate(20), 4.0 / 8);
  EXPECT_DOUBLE_EQ(counts.HitRate(100), 4.0 / 8);
  EXPECT_DOUBLE_EQ(counts.Precision(10), 3.0 / 8 / 10);
  EXPECT_DOUBLE_EQ(counts.F1(10), 3.0 / 8 * (2 * 0.1 * 1 / (0.1 + 1)));
  EXPECT_DOUBLE_EQ(counts.Mrr(10), (1 + 1.0 / 3 + 1.0 / 10) / 8);
  EXPECT_NEAR(counts.Ndcg(5), (1 + 0.5) / 8, 1e-14) << "log2 of 4";
}

TEST(RankCounts, AreZeroWithoutLists) {
  const RankCounts none;
  EXPECT_EQ(none.Lists(), 0U);
  EXPECT_EQ(none.HitRate(10), 0);
  EXPECT_EQ(none.Ndcg(10), 0);
}

TEST(RankCounts, AddUp) {
  RankCounts first;
  RankCounts second;
  RankCounts both;
  for (std::size_t place = 0; place <= RankCounts::kPlaces; ++place) {
    first.Add(place, place);
    second.Add(place, 7);
    both.Add(place, place + 7);
  }
  first.Merge(second);
  for (std::size_t place = 0; place <= RankCounts::kPlaces; ++place)
    EXPECT_EQ(first.At(place), both.At(place));
}

}  // namespace
}  // namespace freshet
