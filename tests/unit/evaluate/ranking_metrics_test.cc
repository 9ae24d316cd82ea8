#include "evaluate/ranking_metrics.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<ScoredItem> ListOf(const std::vector<double>& scores) {
  std::vector<ScoredItem> list;
  for (std::size_t i = 0; i < scores.size(); ++i) list.push_back({{i + 1}, scores[i]});
  return list;
}

std::size_t RankIn(const std::vector<double>& scores, std::uint64_t target) {
  return RankOf(ListOf(scores), {target}).value_or(0);
}

TEST(RankOf, CountsWhatStandsBeforeTheTarget) {
  EXPECT_EQ(RankIn({3, 2, 1}, 1), 1u);
  EXPECT_EQ(RankIn({3, 2, 1}, 3), 3u);
  EXPECT_EQ(RankIn({1, 2, 3}, 1), 3u) << "by score, whatever the order of the list";
}

TEST(RankOf, IsAMissForWhatIsNotInTheList) {
  EXPECT_EQ(RankIn({3, 2, 1}, 4), 0u);
  EXPECT_EQ(RankIn({}, 1), 0u);
}

TEST(RankOf, CountsTiesAgainstTheModel) {
  EXPECT_EQ(RankIn({3, 2, 2, 2, 1}, 2), 4u);
  EXPECT_EQ(RankIn({3, 2, 2, 2, 1}, 4), 4u);
  EXPECT_EQ(RankIn({0, 0, 0}, 1), 3u) << "a model that says nothing finds nothing";
}

TEST(RankOf, CountsScoresThatAreNoNumbersAgainstTheModel) {
  EXPECT_EQ(RankIn({kNotANumber, 2}, 1), 0u) << "the target's own score";
  EXPECT_EQ(RankIn({kInfinity, 2}, 1), 0u);
  EXPECT_EQ(RankIn({2, -kInfinity}, 2), 0u);
  EXPECT_EQ(RankIn({5, kNotANumber, kNotANumber}, 1), 3u) << "another's stands before it";
  EXPECT_EQ(RankIn({kNotANumber, kNotANumber, kNotANumber}, 2), 0u);
}

TEST(RankOf, IsAMissWhereACutListEndsInATieWithTheTarget) {
  std::vector<double> scores(kRankedMax, 1);
  scores[0] = 2;
  EXPECT_EQ(RankIn(scores, 1), 1u);
  EXPECT_EQ(RankIn(scores, 2), 0u) << "further ties may have been cut off";
  scores.pop_back();
  EXPECT_EQ(RankIn(scores, 2), kRankedMax - 1) << "a shorter list is a whole one";
}

TEST(ListMetrics, AreThoseComputedByHand) {
  // Two of three targets, at places 2 and 4, of five.
  const std::vector<std::size_t> ranks = {2, 4};
  const ListMetrics five = MetricsOf(ranks, 3, 5);
  EXPECT_DOUBLE_EQ(five.hit_rate, 1);
  EXPECT_DOUBLE_EQ(five.precision, 2.0 / 5);
  EXPECT_DOUBLE_EQ(five.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(five.f1, 0.5);
  EXPECT_DOUBLE_EQ(five.mrr, 0.5);
  EXPECT_DOUBLE_EQ(five.map, (1.0 / 2 + 2.0 / 4) / 3);
  // 1/log2(3) + 1/log2(5) over 1 + 1/log2(3) + 1/2
  EXPECT_NEAR(five.ndcg, (0.6309297535714574 + 0.43067655807339306) / 2.1309297535714578, 1e-12);
  const ListMetrics three = MetricsOf(ranks, 3, 3);
  EXPECT_DOUBLE_EQ(three.precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(three.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(three.map, (1.0 / 2) / 3);
  const ListMetrics one = MetricsOf(ranks, 3, 1);
  EXPECT_EQ(one.hit_rate, 0);
  EXPECT_EQ(one.f1, 0);
  EXPECT_EQ(one.ndcg, 0);
}

TEST(ListMetrics, WithOneTargetDependOnItsPlaceOnly) {
  const std::size_t rank = 3;
  const ListMetrics metrics = MetricsOf(std::span(&rank, 1), 1, 10);
  EXPECT_DOUBLE_EQ(metrics.recall, 1);
  EXPECT_DOUBLE_EQ(metrics.precision, 0.1);
  EXPECT_DOUBLE_EQ(metrics.map, 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.mrr, 1.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.ndcg, 0.5);
}

TEST(ListMetrics, HaveAnIdealListNoLongerThanTheCutoff) {
  const std::vector<std::size_t> ranks = {1, 2, 3, 4, 5};
  const ListMetrics metrics = MetricsOf(ranks, 8, 5);
  EXPECT_DOUBLE_EQ(metrics.ndcg, 1) << "more than five targets do not fit";
  EXPECT_DOUBLE_EQ(metrics.map, 1);
  EXPECT_DOUBLE_EQ(metrics.recall, 5.0 / 8);
}

TEST(ListMetrics, AreZeroForAUserWithoutTargets) {
  const ListMetrics metrics = MetricsOf({}, 0, 10);
  EXPECT_EQ(metrics.recall, 0);
  EXPECT_EQ(metrics.ndcg, 0);
}

/// The definitions, written down once more over a list of relevant-or-not.
ListMetrics Reference(const std::vector<bool>& relevant, std::size_t targets, std::size_t k) {
  ListMetrics expected;
  double hits = 0;
  double dcg = 0;
  double precisions = 0;
  for (std::size_t i = 0; i < std::min(k, relevant.size()); ++i) {
    if (!relevant[i]) continue;
    hits += 1;
    precisions += hits / static_cast<double>(i + 1);
    dcg += std::log(2.0) / std::log(static_cast<double>(i + 2));
    if (hits == 1) expected.mrr = 1 / static_cast<double>(i + 1);
  }
  double ideal = 0;
  for (std::size_t i = 0; i < std::min(k, targets); ++i)
    ideal += std::log(2.0) / std::log(static_cast<double>(i + 2));
  expected.hit_rate = hits > 0 ? 1 : 0;
  expected.precision = hits / static_cast<double>(k);
  expected.recall = hits / static_cast<double>(targets);
  if (hits > 0) expected.f1 = 2 / (1 / expected.precision + 1 / expected.recall);
  expected.map = precisions / static_cast<double>(std::min(k, targets));
  expected.ndcg = dcg / ideal;
  return expected;
}

TEST(ListMetrics, AgreeWithTheDefinitionsOnRandomLists) {
  rc::check([](std::uint64_t seed) {
    Random random(seed);
    const std::size_t length = 1 + random.Below(120);
    std::vector<bool> relevant(length);
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < length; ++i) {
      relevant[i] = random.Chance(0.1);
      if (relevant[i]) ranks.push_back(i + 1);
    }
    const std::size_t targets = std::max<std::size_t>(1, ranks.size() + random.Below(4));
    for (const std::size_t k : kCutoffs) {
      const ListMetrics expected = Reference(relevant, targets, k);
      const ListMetrics found = MetricsOf(ranks, targets, k);
      RC_ASSERT(std::abs(found.hit_rate - expected.hit_rate) < 1e-12);
      RC_ASSERT(std::abs(found.precision - expected.precision) < 1e-12);
      RC_ASSERT(std::abs(found.recall - expected.recall) < 1e-12);
      RC_ASSERT(std::abs(found.f1 - expected.f1) < 1e-12);
      RC_ASSERT(std::abs(found.map - expected.map) < 1e-12);
      RC_ASSERT(std::abs(found.mrr - expected.mrr) < 1e-12);
      RC_ASSERT(std::abs(found.ndcg - expected.ndcg) < 1e-12);
    }
  });
}

TEST(RankOf, AgreesWithAWorstCaseSortOnRandomLists) {
  rc::check([](std::uint64_t seed) {
    Random random(seed);
    std::vector<ScoredItem> list;
    const std::size_t length = 1 + random.Below(60);
    for (std::size_t i = 0; i < length; ++i) {
      const double score = random.Chance(0.1) ? kNotANumber : static_cast<double>(random.Below(8));
      list.push_back({{i + 1}, score});
    }
    const ItemKey target{1 + random.Below(length + 3)};
    // The target is put behind everything that is not clearly worse.
    std::vector<ScoredItem> others;
    double own = kNotANumber;
    for (const ScoredItem& each : list) {
      if (each.item == target)
        own = each.score;
      else
        others.push_back(each);
    }
    std::size_t before = 0;
    for (const ScoredItem& each : others) {
      if (std::isnan(each.score) || each.score >= own) ++before;
    }
    const auto rank = RankOf(list, target);
    if (std::isnan(own)) {
      RC_ASSERT(!rank.has_value());
    } else {
      RC_ASSERT(rank == before + 1);
    }
  });
}

TEST(RankingMetrics, AreMeansOverLists) {
  RankingMetrics metrics;
  metrics.Add(std::optional<std::size_t>(1));
  metrics.Add(std::optional<std::size_t>(8));
  metrics.Add(std::nullopt);
  metrics.Add(std::optional<std::size_t>(60));
  EXPECT_EQ(metrics.count(), 4u);
  EXPECT_DOUBLE_EQ(metrics.At(0).hit_rate, 0.25);
  EXPECT_DOUBLE_EQ(metrics.At(1).hit_rate, 0.5);
  EXPECT_DOUBLE_EQ(metrics.At(1).mrr, (1 + 1.0 / 8) / 4);
  EXPECT_DOUBLE_EQ(metrics.At(4).hit_rate, 0.75);
  EXPECT_EQ(RankingMetrics().At(2).ndcg, 0) << "no lists";
}

}  // namespace
}  // namespace freshet
