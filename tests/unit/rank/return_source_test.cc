#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "rank/explanation.h"
#include "rank/list_builder.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 300;

RankOptions WithRepeats() {
  RankOptions options;
  options.allow_repeats = true;
  return options;
}

class ReturnsAlone : public testing::Test {
 protected:
  ReturnsAlone() {
    for (double& weight : weights_.values()) weight = 0;
    weights_.values()[builder_.PartNamed("returns").value()] = 1;
    Random random(3);
    history_ = SyntheticHistory(kItems, 12, random);
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
  }
  UserSignals Signals() const { return {history_, seen_, dismissed_, {SyntheticView::kNow}, 10}; }

  SyntheticView view_{kItems, 20, 1};
  ListBuilder builder_{WithRepeats()};
  RankScratch scratch_{builder_.options()};
  MixWeights weights_{builder_.generators(), builder_.PartNames().size()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};

TEST_F(ReturnsAlone, RankTheOwnItemsByStrengthAndPlace) {
  const RankedList& list = builder_.Build(Signals(), view_, weights_, scratch_);
  const auto places = std::span(scratch_.places).first(scratch_.place_count);
  std::vector<std::pair<double, ItemKey>> expected;
  for (std::size_t p = 0; p < places.size(); ++p) {
    const double value = static_cast<double>(places[p].strength) * std::exp(-static_cast<double>(p) / 20);
    if (value > 0) expected.push_back({-value, places[p].item});
  }
  std::sort(expected.begin(), expected.end());
  ASSERT_GE(list.items.size(), std::min<std::size_t>(expected.size(), 10));
  for (std::size_t i = 0; i < std::min<std::size_t>(expected.size(), 10); ++i) {
    EXPECT_EQ(list.items[i].item->key, expected[i].second) << i;
  }
}

TEST_F(ReturnsAlone, AreExplainedByTheItemItself) {
  builder_.Build(Signals(), view_, weights_, scratch_);
  const EvidenceOrigin origin{{}, {0}};
  const RecommendedItem item = Explainer(builder_).Explain(0, Signals(), view_, origin, scratch_);
  ASSERT_FALSE(item.reasons.empty());
  EXPECT_EQ(item.reasons[0].part, "returns");
  EXPECT_EQ(item.reasons[0].evidence.item_id, item.item_id);
  EXPECT_DOUBLE_EQ(item.reasons[0].contribution, item.score);
  EXPECT_NE(item.reasons[0].text.find("not long ago"), std::string::npos) << item.reasons[0].text;
}

TEST(Returns, AreNoPartWhereListsDoNotRepeat) {
  const ListBuilder builder{RankOptions{}};
  EXPECT_EQ(builder.PartNamed("returns"), std::nullopt);
}

}  // namespace
}  // namespace freshet
