#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 2000;

/// Factors alone, so that nothing else proposes.
class Factors : public testing::Test {
 protected:
  Factors() {
    Random random(5);
    history_ = SyntheticHistory(kItems, 30, random);
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
  }
  const RankedList& Build(std::size_t k = 20) {
    return builder_.Build({history_, seen_, dismissed_, {SyntheticView::kNow}, k}, view_,
                          builder_.WeightsFrom(view_.Global()), scratch_);
  }
  static std::vector<std::unique_ptr<CandidateSource>> Sources() {
    std::vector<std::unique_ptr<CandidateSource>> sources;
    sources.push_back(MakeFactorSource({}));
    return sources;
  }
  /// The eligible items, the strongest first.
  std::vector<std::pair<float, ItemKey>> ByProduct() {
    std::vector<std::pair<float, ItemKey>> all;
    for (std::size_t i = 0; i < kItems; ++i) {
      const ItemKey item = SyntheticView::KeyAt(i);
      if (seen_.contains(item) || !view_.Find(item)->available) continue;
      all.emplace_back(Dot(view_.Find(item)->factor, scratch_.user_factor.value()), item);
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    return all;
  }
  SyntheticView view_{kItems, 10, 1};
  ListBuilder builder_{{}, Sources()};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  ItemSet dismissed_;
};

TEST_F(Factors, ProposeTheStrongestOfAllItems) {
  const RankedList& list = Build(200);
  ASSERT_EQ(list.items.size(), RankOptions{}.shortlist);
  const auto best = ByProduct();
  std::vector<ItemKey> expected;
  for (std::size_t i = 0; i < list.items.size(); ++i) expected.push_back(best[i].second);
  for (const RankedItem& entry : list.items) {
    EXPECT_TRUE(std::find(expected.begin(), expected.end(), entry.item->key) != expected.end());
  }
}

TEST_F(Factors, TheMassIsThatOfAllItems) {
  Build();
  double sum = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    const float score = Dot(view_.At(i).factor, scratch_.user_factor.value());
    sum += std::max(static_cast<double>(score), 0.0);
  }
  EXPECT_NEAR(scratch_.pool.mass(0).sum / sum, 1, 0.01);
  EXPECT_EQ(scratch_.pool.mass(0).population, static_cast<double>(kItems));
}

TEST_F(Factors, WhatIsNotEligibleMakesRoomForTheNext) {
  Build();
  const auto before = ByProduct();
  for (std::size_t i = 0; i < 50; ++i) {
    if (i % 2 == 0) {
      dismissed_.insert(before[i].second);
    } else {
      const_cast<ItemModel*>(view_.Find(before[i].second))->available = false;
    }
  }
  view_.Rename("v2");
  const RankedList& list = Build(200);
  ASSERT_EQ(list.items.size(), RankOptions{}.shortlist);
  for (const RankedItem& entry : list.items) {
    EXPECT_TRUE(entry.item->available);
    EXPECT_FALSE(dismissed_.contains(entry.item->key));
  }
  EXPECT_EQ(list.filtered.dismissed, 0) << "items that nothing proposed are not counted";
}

TEST_F(Factors, AUserWithoutAFactorGetsNoneOfThem) {
  history_.clear();
  EXPECT_TRUE(Build().items.empty());
}

}  // namespace
}  // namespace freshet
