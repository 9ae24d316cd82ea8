#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "rank/explanation.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

/// A shop whose rows and events are written by hand. Nothing but the whole history proposes; no ridge and no
/// damping, so that scores can be worked out.
class WholeHistory : public testing::Test {
 protected:
  static constexpr std::size_t kItems = 200;

  WholeHistory() {
    for (std::size_t i = 0; i < kItems; ++i) {
      ItemModel& item = view_.At(i);
      item.row.clear();
      item.row_mass = 0;
      item.row_landmark = Reference();
      item.popularity[kHalfLives - 1] = {10, Reference()};
    }
  }
  static Timestamp Reference() { return LandmarkFor({SyntheticView::kNow}, RankOptions{}.row_half_life); }
  static RankOptions Options() {
    RankOptions options;
    options.history_ridge = 0;
    options.history_damping = 0;
    return options;
  }
  static std::vector<std::unique_ptr<CandidateSource>> Sources() {
    std::vector<std::unique_ptr<CandidateSource>> sources;
    sources.push_back(MakeHistorySource(Options()));
    return sources;
  }
  void Together(std::size_t a, std::size_t b, float count) {
    view_.At(a).row.push_back({SyntheticView::KeyAt(b), 0, 0, 0, count});
    view_.At(b).row.push_back({SyntheticView::KeyAt(a), 0, 0, 0, count});
  }
  void Take(std::size_t index) {
    HistoryEvent event;
    event.item = SyntheticView::KeyAt(index);
    event.at = {SyntheticView::kNow - 1000};
    event.weight = 1;
    event.event_id = "e" + std::to_string(index);
    history_.push_back(event);
    seen_.insert(event.item);
  }
  UserSignals Signals() const { return {history_, seen_, dismissed_, {SyntheticView::kNow}, 20}; }
  const RankedList& Build() {
    return builder_.Build(Signals(), view_, builder_.WeightsFrom(view_.Global()), scratch_);
  }
  /// Raw scores of the list, by item.
  std::map<std::string, float> Scores() {
    std::map<std::string, float> scores;
    for (const RankedItem& entry : Build().items)
      scores[entry.item->item_id] = scratch_.pool.scores(0)[entry.row];
    return scores;
  }
  SyntheticView view_{kItems, 0, 1};
  ListBuilder builder_{Options(), Sources()};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};

TEST_F(WholeHistory, AnOldItemCountsLikeANewOne) {
  Together(0, 100, 4);
  Together(31, 101, 4);
  for (std::size_t i = 0; i < 32; ++i) Take(i);
  const auto scores = Scores();
  ASSERT_EQ(scores.size(), 2u);
  EXPECT_FLOAT_EQ(scores.at("item-100"), 0.4f);
  EXPECT_FLOAT_EQ(scores.at("item-101"), 0.4f);
}

TEST_F(WholeHistory, ItemsThatSayTheSameCountAboutOnce) {
  Together(0, 1, 9);  // of ten users each nine had both
  Together(0, 100, 5);
  Together(1, 100, 5);
  Together(2, 101, 6);
  for (std::size_t i = 0; i < 3; ++i) Take(i);
  const auto scores = Scores();
  EXPECT_NEAR(scores.at("item-100"), 2 * 5 / 19.0, 1e-5);  // x = 1 / (10 + 9) each
  EXPECT_NEAR(scores.at("item-101"), 6 / 10.0, 1e-5);
}

TEST_F(WholeHistory, ACountThatOneRowCutIsFoundInTheOther) {
  Together(0, 1, 9);
  Together(0, 100, 5);
  view_.At(0).row.erase(view_.At(0).row.begin());
  Take(0);
  Take(1);
  EXPECT_NEAR(Scores().at("item-100"), 5 / 19.0, 1e-5);
}

TEST_F(WholeHistory, CountsBeyondTheEventsStillGiveAList) {
  Together(0, 1, 30);  // indefinite: more often together than there were events
  Together(0, 100, 5);
  Take(0);
  Take(1);
  EXPECT_NEAR(Scores().at("item-100"), 0.5, 1e-5);
}

TEST_F(WholeHistory, ADislikedItemSaysNothing) {
  Together(0, 100, 5);
  Together(1, 101, 5);
  Take(0);
  Take(1);
  history_[0].weight = -1;
  const auto scores = Scores();
  EXPECT_EQ(scores.count("item-100"), 0u);
  EXPECT_EQ(scores.count("item-101"), 1u);
}

TEST_F(WholeHistory, NothingIsProposedWithoutAHistory) { EXPECT_TRUE(Build().items.empty()); }

/// The same on a made-up shop of full rows, with the ridge and the damping of the service.
class WholeHistoryOfAShop : public testing::Test {
 protected:
  static std::vector<std::unique_ptr<CandidateSource>> Sources() {
    std::vector<std::unique_ptr<CandidateSource>> sources;
    sources.push_back(MakeHistorySource({}));
    return sources;
  }
  WholeHistoryOfAShop() {
    Random random(3);
    history_ = SyntheticHistory(1000, 60, random);
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
  }
  UserSignals Signals() const { return {history_, seen_, dismissed_, {SyntheticView::kNow}, 20}; }
  const RankedList& Build() {
    return builder_.Build(Signals(), view_, builder_.WeightsFrom(view_.Global()), scratch_);
  }
  SyntheticView view_{1000, 60, 1};
  ListBuilder builder_{{}, Sources()};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};

TEST_F(WholeHistoryOfAShop, PlacesAddUpToTheScore) {
  ASSERT_EQ(Build().items.size(), 20u);
  std::vector<float> by_place(scratch_.place_count);
  for (const RankedItem& entry : scratch_.list.items) {
    builder_.Attribute(Signals(), entry, 0, scratch_, by_place);
    double sum = 0;
    for (const float share : by_place) sum += static_cast<double>(share);
    const auto score = static_cast<double>(scratch_.pool.scores(0)[entry.row]);
    EXPECT_GT(score, 0);
    EXPECT_NEAR(std::max(sum, 0.0), score, 1e-5 * score);
  }
}

TEST_F(WholeHistoryOfAShop, TheReasonNamesAnItemOfThePast) {
  Build();
  const Explainer explainer(builder_);
  const std::vector<std::string> topics = {"interactions"};
  const RecommendedItem item = explainer.Explain(0, Signals(), view_, {topics, {0}}, scratch_);
  ASSERT_FALSE(item.reasons.empty());
  EXPECT_EQ(item.reasons[0].part, "whole_history");
  EXPECT_FALSE(item.reasons[0].evidence.item_id.empty());
  EXPECT_FALSE(item.reasons[0].evidence.event_ids.empty());
}

TEST_F(WholeHistoryOfAShop, AListDoesNotDependOnTheOneBefore) {
  const RankedList first = Build();
  const std::vector<HistoryEvent> own = history_;
  history_.resize(5);
  Build();
  history_ = own;
  const RankedList& again = Build();
  ASSERT_EQ(again.items.size(), first.items.size());
  for (std::size_t i = 0; i < first.items.size(); ++i) {
    EXPECT_EQ(again.items[i].item, first.items[i].item);
    EXPECT_EQ(again.items[i].score, first.items[i].score);
  }
}

}  // namespace
}  // namespace freshet
