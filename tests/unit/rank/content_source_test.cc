#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "rank/explanation.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 1000;
constexpr std::size_t kTopics = 10;

/// Items about one of ten topics each, and a user who likes the first. Nothing but content proposes.
class Contents : public testing::Test {
 protected:
  Contents() {
    for (std::size_t i = 0; i < kItems; ++i) view_.Describe(i, About(i % kTopics, i));
    for (std::size_t i = 0; i < 5; ++i) Add(i * kTopics);
  }
  static ContentVector About(std::size_t topic, std::size_t item) {
    ContentVector vector{};
    Random own(item + 1);
    for (std::size_t d = 0; d < kContentDimensions; ++d) {
      vector[d] = static_cast<float>((own.Uniform() - 0.5) * 0.05);
    }
    vector[topic] = 1;
    return vector;
  }
  void Add(std::size_t index) {
    HistoryEvent event;
    event.item = SyntheticView::KeyAt(index);
    event.at = {SyntheticView::kNow - 1000};
    event.weight = 1;
    event.event_id = "e" + std::to_string(index);
    history_.push_back(event);
    seen_.insert(event.item);
  }
  static std::vector<std::unique_ptr<CandidateSource>> Sources() {
    std::vector<std::unique_ptr<CandidateSource>> sources;
    sources.push_back(MakeContentSource({}));
    return sources;
  }
  UserSignals Signals() const { return {history_, seen_, dismissed_, {SyntheticView::kNow}, 20}; }
  const RankedList& Build() {
    return builder_.Build(Signals(), view_, builder_.WeightsFrom(view_.Global()), scratch_);
  }
  SyntheticView view_{kItems, 10, 1};
  ListBuilder builder_{{}, Sources()};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};

TEST_F(Contents, ItemsAboutTheSameAreProposed) {
  const RankedList& list = Build();
  ASSERT_EQ(list.items.size(), 20u);
  for (const RankedItem& entry : list.items) EXPECT_GT(entry.item->content.codes[0], 100);
}

TEST_F(Contents, AnItemWithoutEventsIsFound) {
  view_.At(20 * kTopics).events = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    if (i % kTopics == 0 && i != 20 * kTopics) dismissed_.insert(SyntheticView::KeyAt(i));
  }
  EXPECT_EQ(Build().items.front().item->key, SyntheticView::KeyAt(20 * kTopics));
}

TEST_F(Contents, PlacesAddUpToTheScore) {
  Build();
  std::vector<float> by_place(scratch_.place_count);
  for (const RankedItem& entry : scratch_.list.items) {
    builder_.Attribute(Signals(), entry, 0, scratch_, by_place);
    double sum = 0;
    for (const float share : by_place) sum += static_cast<double>(share);
    EXPECT_NEAR(sum, static_cast<double>(scratch_.pool.scores(0)[entry.row]), 1e-4);
  }
}

TEST_F(Contents, TheReasonNamesWhatItIsSimilarTo) {
  Build();
  const Explainer explainer(builder_);
  const std::vector<std::string> topics = {"interactions"};
  const RecommendedItem item = explainer.Explain(0, Signals(), view_, {topics, {0}}, scratch_);
  ASSERT_FALSE(item.reasons.empty());
  EXPECT_EQ(item.reasons[0].code, "SIMILAR_TO");
  EXPECT_EQ(item.reasons[0].part, "content");
  EXPECT_FALSE(item.reasons[0].evidence.item_id.empty());
  EXPECT_FALSE(item.reasons[0].evidence.event_ids.empty());
}

TEST_F(Contents, NothingIsProposedWithoutContentOrHistory) {
  history_.clear();
  EXPECT_TRUE(Build().items.empty());
}

}  // namespace
}  // namespace freshet
