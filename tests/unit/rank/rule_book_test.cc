#include "rank/rule_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "rank/explanation.h"
#include "unit/rank/policy_fixture.h"

namespace freshet {
namespace {

using Action = Rule::Action;

class Rules : public testing::Test {
 protected:
  RecommendedItem Explained(const PolicyOptions& options, std::size_t index) {
    const ListPolicy policy(options, Strategy{});
    const UserSignals signals = shop_.Signals(20, &policy);
    shop_.builder.Build(signals, shop_.view, shop_.builder.WeightsFrom(shop_.view.Global()), shop_.scratch);
    const std::vector<std::string> topics = {"interactions"};
    return Explainer(shop_.builder).Explain(index, signals, shop_.view, {topics, {0}}, shop_.scratch);
  }
  PolicyShop shop_;
};

TEST(ItemMatch, HoldsWhereEachKindOfConditionDoes) {
  PolicyShop shop;
  ItemMatch match;
  EXPECT_TRUE(match.Holds(shop.view.At(7))) << "without a condition";
  match.facets = {PolicyShop::FacetNamed(Facet::Kind::kTopic, "c0"),
                  PolicyShop::FacetNamed(Facet::Kind::kTopic, "c1"),
                  PolicyShop::FacetNamed(Facet::Kind::kProvider, "p2")};
  std::sort(match.facets.begin(), match.facets.end());
  match.types = {"odd", "strange"};
  match.price_min = 0.7;
  match.price_max = 20;
  for (std::size_t i = 0; i < PolicyShop::kItems; ++i) {
    const bool wanted = i % 3 != 2 && i % 5 == 2 && i % 2 == 1 && i >= 7 && i <= 200;
    EXPECT_EQ(match.Holds(shop.view.At(i)), wanted) << i;
  }
  shop.view.At(7).price.reset();
  EXPECT_FALSE(match.Holds(shop.view.At(7))) << "an item without a price has none between the bounds";
  const ItemMatch one = TheItem(SyntheticView::KeyAt(3));
  EXPECT_TRUE(one.Holds(shop.view.At(3)));
  EXPECT_FALSE(one.Holds(shop.view.At(4)));
}

TEST_F(Rules, ThatAreNoneChangeNothing) {
  const RankedList plain = shop_.Plain();
  const RankedList& list = shop_.ListOf({});
  ASSERT_EQ(KeysOf(list), KeysOf(plain));
  for (std::size_t i = 0; i < list.items.size(); ++i) EXPECT_EQ(list.items[i].score, plain.items[i].score);
}

TEST_F(Rules, OfOtherSurfacesChangeNothing) {
  PolicyOptions options{{RuleThat(Action::kExclude, ItemsOfType("odd"))}, {}};
  options.rules[0].surfaces = {"similar"};
  EXPECT_EQ(KeysOf(shop_.ListOf(options)), KeysOf(shop_.Plain()));
}

TEST_F(Rules, ExcludeItemsAndOthersTakeTheirPlaces) {
  const RankedList& list = shop_.ListOf({{RuleThat(Action::kExclude, ItemsOfType("odd"))}, {}});
  ASSERT_EQ(list.items.size(), 20u);
  for (const RankedItem& entry : list.items) EXPECT_EQ(entry.item->item_type, "even");
  EXPECT_GT(list.filtered.by_rule, 0);
}

TEST_F(Rules, LetOnlySomeItemsBeCandidates) {
  ItemMatch cheap;
  cheap.price_max = 3;
  const RankedList& list = shop_.ListOf({{RuleThat(Action::kOnly, cheap)}, {}});
  EXPECT_GT(list.items.size(), 10u) << "31 items are as cheap";
  for (const RankedItem& entry : list.items) EXPECT_LE(*entry.item->price, 3);
}

TEST_F(Rules, BoostAndBuryByTheirAmounts) {
  std::map<std::uint64_t, double> plain;
  for (const RankedItem& entry : shop_.Plain(PolicyShop::kItems).items)
    plain[entry.item->key.value] = entry.score;
  const PolicyOptions options{{RuleThat(Action::kBoost, ItemsOfType("odd"), 0.75),
                               RuleThat(Action::kBury, TheItem(shop_.Plain().items[0].item->key), 2)},
                              {}};
  const ItemKey buried = options.rules[1].match.items[0];
  const RankedList& list = shop_.ListOf(options, PolicyShop::kItems);
  ASSERT_EQ(list.items.size(), plain.size());
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const RankedItem& entry = list.items[i];
    double amount = entry.item->item_type == "odd" ? 0.75 : 0.0;
    if (entry.item->key == buried) amount -= 2;
    EXPECT_EQ(entry.policy_parts[kRulesPart], amount);
    EXPECT_EQ(entry.score, plain.at(entry.item->key.value) + amount);
    if (i > 0) {
      EXPECT_LE(entry.score, list.items[i - 1].score);
    }
  }
}

TEST_F(Rules, ArePartsOfTheScoreWithAReasonThatNamesThem) {
  PolicyOptions options{{RuleThat(Action::kBoost, ItemsOfType("odd"), 9)}, {}};
  options.rules[0].name = "odd_weeks";
  RecommendedItem item = Explained(options, 0);
  const auto part_of = [](const RecommendedItem& of) {
    double sum = 0;
    for (const ScorePart& part : of.score_parts) sum += part.value;
    EXPECT_NEAR(sum, of.score, 1e-9);
    return of.score_parts.back();
  };
  EXPECT_EQ(part_of(item).name, "rules");
  EXPECT_EQ(part_of(item).value, 9);
  EXPECT_EQ(item.reasons.back().code, "PROMOTED");
  EXPECT_EQ(item.reasons.back().contribution, 9);
  EXPECT_EQ(item.reasons.back().evidence.rules, std::vector<std::string>{"odd_weeks"});
  EXPECT_GE(item.reasons.size(), 2u) << "what the models say is still told";
  options.rules[0].action = Action::kBury;
  options.rules[0].match = {};
  item = Explained(options, 0);
  EXPECT_EQ(item.reasons.back().code, "DEMOTED");
  EXPECT_EQ(part_of(item).value, -9);
}

TEST_F(Rules, PinItemsInTheirPlaces) {
  const RankedList plain = shop_.Plain(60);
  const ItemKey low = plain.items[50].item->key;
  PolicyOptions options{{RuleThat(Action::kPin, TheItem(low)), RuleThat(Action::kPin, ItemsOfType("odd"))},
                        {}};
  options.rules[0].place = 3;
  options.rules[1].place = 1;
  options.rules[1].count = 2;
  const RankedList& list = shop_.ListOf(options);
  ASSERT_EQ(list.items.size(), 20u);
  EXPECT_EQ(list.items[2].item->key, low);
  EXPECT_EQ(list.items[2].score, plain.items[50].score) << "a pin says nothing of the score";
  for (const std::size_t place : {0u, 1u}) EXPECT_EQ(list.items[place].item->item_type, "odd");
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(list.items[i].pinned, i < 3);
  const std::vector<ItemKey> keys = KeysOf(list);
  EXPECT_EQ(std::set<std::uint64_t>({keys[0].value, keys[1].value}).size(), 2u);
  for (std::size_t i = 4; i < 20; ++i) EXPECT_LE(list.items[i].score, list.items[i - 1].score);
}

TEST_F(Rules, PinNamedItemsThatNoModelProposes) {
  const std::vector<ItemKey> candidates = KeysOf(shop_.Plain(PolicyShop::kItems));
  const UserSignals signals = shop_.Signals(20, nullptr);
  ItemKey stranger;
  for (std::size_t i = 0; i < PolicyShop::kItems; ++i) {
    const ItemKey key = SyntheticView::KeyAt(i);
    if (!signals.seen.contains(key) &&
        std::find(candidates.begin(), candidates.end(), key) == candidates.end())
      stranger = key;
  }
  ASSERT_NE(stranger.value, 0u);
  const PolicyOptions options{{RuleThat(Action::kPin, TheItem(stranger))}, {}};
  EXPECT_EQ(shop_.ListOf(options).items[0].item->key, stranger);
  const RecommendedItem item = Explained(options, 0);
  EXPECT_TRUE(item.pinned);
  EXPECT_EQ(item.sources, std::vector<std::string>{"rules"});
  EXPECT_EQ(item.reasons.back().code, "PROMOTED");
  EXPECT_EQ(item.reasons.back().contribution, 0);
  EXPECT_TRUE(std::any_of(item.score_parts.begin(), item.score_parts.end(),
                          [](const ScorePart& part) { return part.name == "rules" && part.value == 0; }));
  shop_.dismissed.insert(stranger);
  EXPECT_NE(shop_.ListOf(options).items[0].item->key, stranger) << "nobody is shown what they dismissed";
}

TEST_F(Rules, PinsOfAShortListMoveUp) {
  ItemMatch few;
  for (const RankedItem& entry : shop_.Plain(3).items) few.items.push_back(entry.item->key);
  const ItemKey last = few.items[2];
  std::sort(few.items.begin(), few.items.end());
  PolicyOptions options{{RuleThat(Action::kOnly, few), RuleThat(Action::kPin, TheItem(last))}, {}};
  options.rules[1].place = 10;
  const RankedList& list = shop_.ListOf(options);
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[2].item->key, last);
}

}  // namespace
}  // namespace freshet
