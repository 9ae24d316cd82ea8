// What a reason says is what happens: the ranker is called again without the evidence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "rank/explanation.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 600;

class Deletion : public testing::Test {
 protected:
  void Visit(std::uint64_t seed) {
    Random random(seed);
    history_ = SyntheticHistory(kItems, 12, random);
    seen_.clear();
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
  }
  UserSignals Signals(std::size_t k) const { return {history_, seen_, nothing_, {SyntheticView::kNow}, k}; }
  /// All candidates with their scores, as told to the user.
  std::vector<RecommendedItem> Listed(std::size_t k = kItems) {
    const UserSignals signals = Signals(k);
    builder_.Build(signals, view_, builder_.WeightsFrom(view_.Global()), scratch_);
    std::vector<RecommendedItem> items;
    const std::vector<std::string> topics = {"interactions"};
    for (std::size_t i = 0; i < scratch_.list.items.size(); ++i)
      items.push_back(explainer_.Explain(i, signals, view_, {topics, {0}}, scratch_));
    return items;
  }
  struct Standing {
    double score = 0;
    std::size_t rank = kItems;
  };
  Standing StandingOf(const std::string& item) {
    builder_.Build(Signals(kItems), view_, builder_.WeightsFrom(view_.Global()), scratch_);
    for (std::size_t i = 0; i < scratch_.list.items.size(); ++i) {
      if (scratch_.list.items[i].item->item_id == item) return {scratch_.list.items[i].score, i + 1};
    }
    return {};
  }
  /// The item's standing if the user had not had these events.
  Standing Without(const std::string& item, const std::set<std::string>& events) {
    const std::vector<HistoryEvent> kept = history_;
    for (HistoryEvent& event : history_) {
      if (events.contains(event.event_id)) event.weight = 0;
    }
    const Standing standing = StandingOf(item);
    history_ = kept;
    return standing;
  }
  static ItemKey KeyNamed(const std::string& id) {
    return SyntheticView::KeyAt(std::stoul(id.substr(std::string("item-").size())));
  }
  std::set<std::string> EventsOf(ItemKey item) const {
    std::set<std::string> events;
    for (const HistoryEvent& event : history_) {
      if (event.item == item) events.insert(event.event_id);
    }
    return events;
  }

  SyntheticView view_{kItems, 60, 1};
  ListBuilder builder_{RankOptions{}};
  Explainer explainer_{builder_};
  RankScratch scratch_{builder_.options()};
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
  const ItemSet nothing_;
};

TEST_F(Deletion, OfTheTopReasonsEvidenceLowersTheScoreAndThatOfOtherEventsDoesNot) {
  double fell = 0;
  double told = 0;
  double fell_by_others = 0;
  double ranks = 0;
  double ranks_by_others = 0;
  std::size_t reasons = 0;
  std::size_t lowered = 0;
  std::size_t others = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Visit(seed);
    for (const RecommendedItem& item : Listed(3)) {
      const Reason& reason = item.reasons.front();
      if (reason.evidence.item_id.empty()) continue;
      const std::set<std::string> events = EventsOf(KeyNamed(reason.evidence.item_id));
      const Standing without = Without(item.item_id, events);
      ++reasons;
      told += reason.contribution;
      fell += item.score - without.score;
      ranks += static_cast<double>(without.rank) - static_cast<double>(item.rank);
      if (without.score < item.score) ++lowered;
      for (const HistoryEvent& other : history_) {
        if (events.contains(other.event_id)) continue;
        const Standing left = Without(item.item_id, EventsOf(other.item));
        fell_by_others += item.score - left.score;
        ranks_by_others += static_cast<double>(left.rank) - static_cast<double>(item.rank);
        ++others;
      }
    }
  }
  const double n = static_cast<double>(reasons);
  const double m = static_cast<double>(others);
  ASSERT_GT(reasons, 50u);
  EXPECT_EQ(lowered, reasons);
  EXPECT_GE(fell / n, told / n) << "an item of the past speaks in several parts";
  EXPECT_LT(std::abs(fell_by_others / m), 0.1 * told / n);
  EXPECT_GT(ranks / n, 10 * std::max(ranks_by_others / m, 0.1));
}

}  // namespace
}  // namespace freshet
