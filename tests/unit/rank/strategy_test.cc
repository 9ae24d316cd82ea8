#include "rank/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

#include "rank/explanation.h"
#include "unit/rank/policy_fixture.h"

namespace freshet {
namespace {

HistoryEvent Did(std::size_t item, InteractionType type, float weight, std::int64_t minutes_ago) {
  HistoryEvent event;
  event.item = SyntheticView::KeyAt(item);
  event.type = type;
  event.weight = weight;
  event.at = {SyntheticView::kNow - 60'000 * minutes_ago};
  event.event_id = "e" + std::to_string(minutes_ago);
  return event;
}

TEST(PastOf, IsAllTheSessionOrTheLastEventThatSpeaks) {
  std::vector<HistoryEvent> history = {
      Did(1, InteractionType::kView, 1, 50), Did(2, InteractionType::kView, 1, 40),
      Did(3, InteractionType::kView, 1, 30), Did(4, InteractionType::kDislike, -6, 20)};
  history[0].taught = kOpensSession;
  history[2].taught = kOpensSession;
  EXPECT_EQ(PastOf(Strategy::Past::kAll, history).size(), 4u);
  EXPECT_EQ(PastOf(Strategy::Past::kSession, history).data(), &history[2]);
  EXPECT_EQ(PastOf(Strategy::Past::kSession, history).size(), 2u);
  ASSERT_EQ(PastOf(Strategy::Past::kLast, history).size(), 1u);
  EXPECT_EQ(PastOf(Strategy::Past::kLast, history).data(), &history[2]) << "a dislike speaks for nothing";
  EXPECT_TRUE(PastOf(Strategy::Past::kLast, {}).empty());
}

TEST(UnfinishedItems, WereBegunAndNotEnded) {
  const std::vector<HistoryEvent> history = {
      Did(1, InteractionType::kStart, 3, 90),     Did(2, InteractionType::kStart, 3, 80),
      Did(3, InteractionType::kView, 1, 70),      Did(1, InteractionType::kProgress, 2, 60),
      Did(2, InteractionType::kComplete, 8, 50),  Did(4, InteractionType::kAddToCart, 5, 40),
      Did(5, InteractionType::kAddToCart, 0, 30), Did(1, InteractionType::kView, 1, 20),
      Did(6, InteractionType::kPurchase, 8, 10),  Did(6, InteractionType::kStart, 3, 5)};
  std::set<std::size_t> events;
  for (const UnfinishedItem& item : UnfinishedItems(history)) {
    EXPECT_EQ(history[item.event].item, item.item);
    events.insert(item.event);
  }
  EXPECT_EQ(events, (std::set<std::size_t>{3, 5, 9})) << "an event that was taken back says nothing";
}

class Strategies : public testing::Test {
 protected:
  const RankedList& ListOf(Strategy strategy, std::size_t k = 20) {
    policy_.emplace_back(PolicyOptions{}, std::move(strategy));
    signals_.emplace_back(shop_.Signals(k, &policy_.back()));
    signals_.back().history = PastOf(policy_.back().strategy().past, signals_.back().history);
    return shop_.builder.Build(signals_.back(), shop_.view, shop_.builder.WeightsFrom(shop_.view.Global()),
                               shop_.scratch);
  }
  double PartOf(const RankedItem& entry, std::string_view name) const {
    const auto names = shop_.builder.PartNames();
    return entry.parts[static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
  }
  PolicyShop shop_;
  std::deque<ListPolicy> policy_;
  std::deque<UserSignals> signals_;
};

TEST_F(Strategies, WithoutWeightsAreTheMix) { EXPECT_EQ(KeysOf(ListOf({})), KeysOf(shop_.Plain())); }

TEST_F(Strategies, WithWeightsListOnlyWhatTheseSaySomethingFor) {
  Strategy strategy;
  strategy.weights = {{"co_history", 2}, {"no_such_part", 5}};
  strategy.past = Strategy::Past::kLast;
  const RankedList& list = ListOf(strategy, PolicyShop::kItems);
  ASSERT_FALSE(list.items.empty());
  const ItemModel& last = *shop_.view.Find(signals_.back().history[0].item);
  for (const RankedItem& entry : list.items) {
    EXPECT_GT(entry.score, 0);
    EXPECT_EQ(entry.score, PartOf(entry, "co_history"));
    EXPECT_TRUE(std::any_of(last.row.begin(), last.row.end(),
                            [&](const RowCell& cell) { return cell.item == entry.item->key; }));
  }
}

TEST_F(Strategies, MayWeighAgainstAPart) {
  Strategy trending;
  trending.weights = {{"popularity_recent", 1}, {"popularity_long", -1}};
  for (const RankedItem& entry : ListOf(trending, PolicyShop::kItems).items) {
    EXPECT_LE(PartOf(entry, "popularity_long"), 0);
    EXPECT_GT(PartOf(entry, "popularity_recent") + PartOf(entry, "popularity_long"), 0);
  }
}

TEST_F(Strategies, MayBeAboutNewItemsOrOtherCategories) {
  Strategy fresh;
  fresh.newer_than_ms = 30LL * 24 * 3'600'000;
  const RankedList fresh_list = ListOf(fresh);
  ASSERT_FALSE(fresh_list.items.empty());
  for (const RankedItem& entry : fresh_list.items)
    EXPECT_GE(entry.item->first_event.ms, SyntheticView::kNow - fresh.newer_than_ms);
  const RankedList plain = shop_.Plain();
  EXPECT_TRUE(std::any_of(plain.items.begin(), plain.items.end(), [&](const RankedItem& entry) {
    return entry.item->first_event.ms < SyntheticView::kNow - fresh.newer_than_ms;
  })) << "else the test shows nothing";
  Strategy complements;
  complements.past = Strategy::Past::kLast;
  complements.other_categories = true;
  const RankedList other = ListOf(complements);
  ASSERT_FALSE(other.items.empty());
  const ItemModel& last = *shop_.view.Find(signals_.back().history[0].item);
  for (const RankedItem& entry : other.items) EXPECT_NE(entry.item->category, last.category);
}

TEST_F(Strategies, MayBeTheUsersOwnUnfinishedItems) {
  const std::vector<HistoryEvent> history = {
      Did(1, InteractionType::kStart, 3, 3 * 1440), Did(2, InteractionType::kAddToCart, 5, 1440),
      Did(3, InteractionType::kView, 1, 1), Did(4, InteractionType::kStart, 3, 0)};
  const ListPolicy policy(PolicyOptions{},
                          {.name = "continue", .candidates = Strategy::Candidates::kUnfinished});
  const std::vector<UnfinishedItem> own = UnfinishedItems(history);
  const ItemSet nothing;
  UserSignals signals{history, nothing, nothing, {SyntheticView::kNow}, 20};
  signals.policy = &policy;
  signals.unfinished = &own;
  const RankedList& list =
      shop_.builder.Build(signals, shop_.view, shop_.builder.WeightsFrom(shop_.view.Global()), shop_.scratch);
  EXPECT_EQ(KeysOf(list), (std::vector<ItemKey>{SyntheticView::KeyAt(4), SyntheticView::KeyAt(2),
                                                SyntheticView::KeyAt(1)}));
  EXPECT_EQ(list.items[0].score, 1);
  EXPECT_EQ(list.items[1].score, 0.5);
  EXPECT_EQ(list.items[2].score, 0.25);
  const std::vector<std::string> topics = {"interactions"};
  const RecommendedItem item =
      Explainer(shop_.builder).Explain(1, signals, shop_.view, {topics, {0}}, shop_.scratch);
  ASSERT_EQ(item.reasons.size(), 1u);
  EXPECT_EQ(item.reasons[0].part, "unfinished");
  EXPECT_EQ(item.reasons[0].text, "Not finished yet: put into the cart");
  EXPECT_EQ(item.reasons[0].evidence.event_ids, std::vector<std::string>{"e1440"});
  EXPECT_EQ(item.sources.back(), "unfinished");
  ASSERT_EQ(item.score_parts.size(), 1u);
  EXPECT_EQ(item.score_parts[0].value, item.score);
}

}  // namespace
}  // namespace freshet
