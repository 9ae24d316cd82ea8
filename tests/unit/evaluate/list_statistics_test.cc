#include "evaluate/list_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "evaluate/rating_metrics.h"

namespace freshet {
namespace {

ItemModel ItemWith(std::uint64_t key, std::uint64_t events) {
  ItemModel item;
  item.key = {key};
  item.events = events;
  return item;
}

TEST(Gini, IsZeroForEvenCountsAndNearOneForASingleItem) {
  EXPECT_DOUBLE_EQ(Gini({7, 7, 7, 7}, 4), 0);
  EXPECT_DOUBLE_EQ(Gini({9}, 10), 0.9);
  EXPECT_DOUBLE_EQ(Gini({1, 3}, 2), 0.25);
  EXPECT_EQ(Gini({}, 10), 0);
}

TEST(Gini, IsHalfTheMeanDifferenceOverTheMean) {
  Random random(7);
  std::vector<std::uint64_t> counts;
  for (int i = 0; i < 40; ++i) counts.push_back(random.Below(100));
  double differences = 0;
  double sum = 0;
  std::vector<double> all(counts.begin(), counts.end());
  all.resize(60);  // twenty items that were never listed
  for (const double a : all) {
    sum += a;
    for (const double b : all) differences += std::abs(a - b);
  }
  EXPECT_NEAR(Gini(counts, 60), differences / (2 * 60 * sum), 1e-12);
}

TEST(ListStatistics, AreThoseComputedByHand) {
  const ItemModel often = ItemWith(1, 8);
  const ItemModel rare = ItemWith(2, 2);
  ListStatistics statistics;
  statistics.AddList({&often, &rare}, 16);
  statistics.AddList({&often}, 16);
  statistics.AddTaken(8);
  statistics.AddTaken(9);
  const auto values = statistics.At(1, 4);
  EXPECT_DOUBLE_EQ(values.coverage, 0.5);
  EXPECT_DOUBLE_EQ(values.mean_popularity, 6);
  EXPECT_DOUBLE_EQ(values.novelty, (1.0 + 3 + 1) / 3);
  EXPECT_NEAR(values.gini, (3.0 * 2 + 1.0 * 1) / (4 * 3), 1e-12);
  // Listed: 2/3 at 8..15, 1/3 at 2..3; taken: all at 8..15.
  const double expected =
      (2.0 / 3 * std::log2((2.0 / 3) / (5.0 / 6)) + 1.0 / 3 * std::log2(2.0) + std::log2(1 / (5.0 / 6))) / 2;
  EXPECT_NEAR(values.popularity_calibration, expected, 1e-12);
}

TEST(ListStatistics, CountAnItemOnceForEachCutoffThatReachesIt) {
  std::vector<ItemModel> items;
  for (std::uint64_t i = 0; i < 30; ++i) items.push_back(ItemWith(i + 1, 1));
  std::vector<const ItemModel*> list;
  for (const ItemModel& item : items) list.push_back(&item);
  ListStatistics statistics;
  statistics.AddList(list, 30);
  EXPECT_DOUBLE_EQ(statistics.At(0, 100).coverage, 0.05);
  EXPECT_DOUBLE_EQ(statistics.At(1, 100).coverage, 0.10);
  EXPECT_DOUBLE_EQ(statistics.At(2, 100).coverage, 0.20);
  EXPECT_DOUBLE_EQ(statistics.At(3, 100).coverage, 0.30);
  EXPECT_DOUBLE_EQ(statistics.At(4, 100).coverage, 0.30);
}

TEST(ListStatistics, AreZeroWithoutLists) {
  const ListStatistics statistics;
  EXPECT_EQ(statistics.At(4, 0).coverage, 0);
  ListStatistics empty;
  empty.AddList({}, 0);
  EXPECT_EQ(empty.At(4, 0).novelty, 0);
}

TEST(RatingMetrics, AreThoseComputedByHand) {
  RatingMetrics metrics;
  metrics.Add(3.5, 4, {1, 5});
  metrics.Add(2, 4, {1, 5});
  metrics.Add(7, 5, {1, 5});
  EXPECT_EQ(metrics.count(), 3u);
  EXPECT_DOUBLE_EQ(metrics.Mse(), (0.25 + 4 + 0) / 3) << "7 is clipped to the scale";
  EXPECT_DOUBLE_EQ(metrics.Rmse(), std::sqrt(4.25 / 3));
  EXPECT_DOUBLE_EQ(metrics.Mae(), 2.5 / 3);
  metrics.Add(std::nan(""), 5, {1, 5});
  EXPECT_DOUBLE_EQ(metrics.Mae(), 6.5 / 4) << "no number is as wrong as can be";
  EXPECT_EQ(RatingMetrics().Rmse(), 0);
}

}  // namespace
}  // namespace freshet
