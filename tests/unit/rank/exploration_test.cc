#include "rank/exploration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/hash.h"
#include "rank/explanation.h"
#include "unit/rank/policy_fixture.h"

namespace freshet {
namespace {

std::vector<Explorable> Items() {
  return {{{11}, 1.0, 400}, {{12}, 0.6, 3}, {{13}, 0.2, 0}, {{14}, -0.5, 0}, {{15}, 0.9, 50}};
}

TEST(ThompsonSampling, DrawsEachItemAsOftenAsItSays) {
  const std::vector<Explorable> items = Items();
  constexpr std::size_t kDraws = 40'000;
  std::vector<std::size_t> drawn(items.size());
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) ++drawn[ThompsonSampler(1, MixBits(seed)).Draw(items)];
  double sum = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double told = ThompsonSampler(1, 7).ProbabilityOf(i, items);
    EXPECT_NEAR(told, static_cast<double>(drawn[i]) / kDraws, 0.01) << i;
    sum += told;
  }
  EXPECT_NEAR(sum, 1, 0.01);
}

TEST(ThompsonSampling, TakesTheBestWhereAllIsKnown) {
  std::vector<Explorable> items = Items();
  for (Explorable& item : items) item.events = 100'000'000;
  for (std::uint64_t seed = 0; seed < 100; ++seed) EXPECT_EQ(ThompsonSampler(1, seed).Draw(items), 0u);
  EXPECT_NEAR(ThompsonSampler(1, 0).ProbabilityOf(0, items), 1, 1e-9);
  EXPECT_LT(ThompsonSampler(1, 0).ProbabilityOf(3, items), 1e-9);
}

TEST(ThompsonSampling, DoesNotDependOnTheOrderOfItems) {
  std::vector<Explorable> items = Items();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const ItemKey drawn = items[ThompsonSampler(1, seed).Draw(items)].item;
    std::rotate(items.begin(), items.begin() + 2, items.end());
    EXPECT_EQ(items[ThompsonSampler(1, seed).Draw(items)].item, drawn);
  }
}

class Exploring : public testing::Test {
 protected:
  const RankedList& ListOf(std::uint64_t seed, std::size_t k = 10) {
    const ListPolicy policy(options, Strategy{});
    UserSignals signals = shop.Signals(k, &policy);
    signals.seed = seed;
    return shop.builder.Build(signals, shop.view, shop.builder.WeightsFrom(shop.view.Global()), shop.scratch);
  }
  static std::vector<std::size_t> Explored(const RankedList& list) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (list.items[i].explored) places.push_back(i);
    }
    return places;
  }
  PolicyShop shop;
  PolicyOptions options;
};

TEST_F(Exploring, TakesItsShareOfAllPlaces) {
  options.exploration.share = 0.03;
  const std::vector<ItemKey> plain = KeysOf(shop.Plain(10));
  std::size_t explored = 0;
  constexpr std::size_t kLists = 500;
  for (std::uint64_t seed = 0; seed < kLists; ++seed) {
    const RankedList& list = ListOf(MixBits(seed));
    ASSERT_EQ(list.items.size(), 10u);
    const std::vector<ItemKey> keys = KeysOf(list);
    EXPECT_TRUE(std::equal(keys.begin(), keys.begin() + 9, plain.begin()))
        << "only the last place is drawn for";
    explored += Explored(list).size();
    for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(list.items[i].propensity, 1);
    if (Explored(list).empty()) {
      EXPECT_EQ(keys, plain);
      EXPECT_DOUBLE_EQ(list.items[9].propensity, 0.7);
    } else {
      EXPECT_EQ(std::find(plain.begin(), plain.end(), keys[9]), plain.end());
      EXPECT_GT(list.items[9].propensity, 0);
      EXPECT_LE(list.items[9].propensity, 0.3);
    }
  }
  EXPECT_NEAR(static_cast<double>(explored) / kLists, 0.3, 0.05);
}

TEST_F(Exploring, TellsPropensitiesThatComeTrue) {
  options.exploration = {0.05, 0, 2};
  std::map<std::uint64_t, double> told;
  std::map<std::uint64_t, double> counted;
  constexpr std::size_t kLists = 2'000;
  for (std::uint64_t seed = 0; seed < kLists; ++seed) {
    const RankedItem& last = ListOf(MixBits(seed + 1)).items[9];
    told[last.item->key.value] = last.propensity;
    counted[last.item->key.value] += 1.0 / kLists;
  }
  for (const auto& [item, share] : counted) {
    const double error = std::sqrt(told[item] * (1 - told[item]) / kLists);
    EXPECT_NEAR(share, told[item], 5 * error + 0.1 * told[item]) << item;
  }
}

TEST_F(Exploring, MovesOthersDownAndLeavesPinsAlone) {
  const std::vector<ItemKey> plain = KeysOf(shop.Plain(10));
  options.rules = {RuleThat(Rule::Action::kPin, TheItem(plain[6]))};
  options.rules[0].place = 5;
  options.exploration = {0.05, 4, 1};
  std::size_t explored = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const RankedList& list = ListOf(MixBits(seed));
    const std::vector<ItemKey> keys = KeysOf(list);
    EXPECT_EQ(keys[4], plain[6]);
    EXPECT_TRUE(list.items[4].pinned);
    if (Explored(list).empty()) continue;
    ++explored;
    EXPECT_EQ(Explored(list), std::vector<std::size_t>{3});
    EXPECT_EQ(keys[5], plain[3]) << "past the pin";
    EXPECT_EQ(keys[9], plain[8]) << "the last one gives way";
  }
  EXPECT_GT(explored, 20u);
}

TEST_F(Exploring, SaysThatItDid) {
  options.exploration.share = 0.05;
  std::uint64_t seed = 0;
  while (Explored(ListOf(MixBits(seed))).empty()) ++seed;
  const ListPolicy policy(options, Strategy{});
  UserSignals signals = shop.Signals(10, &policy);
  const std::vector<std::string> topics = {"interactions"};
  const RecommendedItem item =
      Explainer(shop.builder).Explain(9, signals, shop.view, {topics, {0}}, shop.scratch);
  EXPECT_EQ(item.reasons.back().code, "TRY_SOMETHING_DIFFERENT");
  EXPECT_EQ(item.reasons.back().part, "exploration");
  EXPECT_EQ(item.score_parts.back().name, "exploration");
  EXPECT_TRUE(item.propensity.has_value());
}

TEST_F(Exploring, KeepsWithinCaps) {
  options.exploration.share = 0.05;
  options.caps.category_items = 2;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const RankedList& list = ListOf(MixBits(seed));
    ListCaps caps(options.caps);
    for (const RankedItem& entry : list.items) {
      EXPECT_TRUE(caps.Allow(*entry.item));
      caps.Count(*entry.item);
    }
  }
}

}  // namespace
}  // namespace freshet
