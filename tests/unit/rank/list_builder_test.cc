#include "rank/list_builder.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "rank/mix_learner.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 600;

class Visitor {
 public:
  Visitor(std::size_t events, std::uint64_t seed) {
    Random random(seed);
    history = SyntheticHistory(kItems, events, random);
    for (const HistoryEvent& event : history) seen.insert(event.item);
  }
  UserSignals Signals(std::size_t k = 20) const {
    return {history, seen, dismissed, {SyntheticView::kNow}, k, {}};
  }
  std::vector<HistoryEvent> history;
  ItemSet seen;
  ItemSet dismissed;
};

class Lists : public testing::Test {
 protected:
  const RankedList& Build(const Visitor& visitor, std::size_t k = 20) {
    return builder_.Build(visitor.Signals(k), view_, builder_.WeightsFrom(view_.Global()), scratch_);
  }
  SyntheticView view_{kItems, 60, 1};
  ListBuilder builder_{RankOptions{}};
  RankScratch scratch_{builder_.options()};
};

bool Contains(const RankedList& list, ItemKey item) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [&](const RankedItem& entry) { return entry.item->key == item; });
}

TEST_F(Lists, MayBeThoseOfOneGeneratorAlone) {
  for (std::size_t g = 0; g < builder_.generators(); ++g) {
    RankOptions options;
    options.only_generator = builder_.PartNames()[g];
    const ListBuilder alone(options);
    const Visitor visitor(30, 1);
    const RankedList& list =
        alone.Build(visitor.Signals(), view_, alone.WeightsFrom(view_.Global()), scratch_);
    ASSERT_EQ(list.items.size(), 20u);
    for (const RankedItem& entry : list.items) EXPECT_EQ(entry.score, entry.parts[g]);
  }
}

TEST_F(Lists, LeaveTheCurrentItemOutWhereTheyAreAskedTo) {
  const auto list_of = [&](const Visitor& visitor, bool exclude_current) -> const RankedList& {
    RankOptions options;
    options.allow_repeats = true;
    options.exclude_current = exclude_current;
    const ListBuilder builder(options);
    return builder.Build(visitor.Signals(kItems), view_, builder.WeightsFrom(view_.Global()), scratch_);
  };
  int listed = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Visitor visitor(30, seed);
    visitor.history.back().item = list_of(visitor, false).items.front().item->key;
    const ItemKey current = visitor.history.back().item;
    if (Contains(list_of(visitor, false), current)) ++listed;
    EXPECT_FALSE(Contains(list_of(visitor, true), current)) << seed;
  }
  EXPECT_GT(listed, 0) << "else the test shows nothing";
}

TEST_F(Lists, KnowOfARepeatedItemOnlyWhatItsUserHasNotTaught) {
  RankOptions options;
  options.allow_repeats = true;
  const ListBuilder builder(options);
  const std::set<std::string_view> without_own = {"session_knn", "returns"};
  const Visitor visitor(30, 1);
  const RankedList& list =
      builder.Build(visitor.Signals(kItems), view_, builder.WeightsFrom(view_.Global()), scratch_);
  std::set<std::string_view> of_repeats;
  std::set<std::string_view> of_others;
  for (const RankedItem& entry : list.items) {
    auto& parts = visitor.seen.contains(entry.item->key) ? of_repeats : of_others;
    for (std::size_t b = 0; b < builder.PartNames().size(); ++b) {
      if (entry.parts[b] != 0) parts.insert(builder.PartNames()[b]);
    }
  }
  EXPECT_EQ(of_repeats, std::set<std::string_view>{"returns"}) << "the view has no sessions";
  EXPECT_TRUE(of_others.contains("transitions"));
  EXPECT_TRUE(of_others.contains("popularity_recent"));
  EXPECT_FALSE(of_others.contains("returns"));
  for (const GeneratorInfo& generator : builder.Generators())
    EXPECT_EQ(generator.without_own, without_own.contains(generator.name)) << generator.name;
}

TEST_F(Lists, HaveTheBestFirstAndPartsThatAddUp) {
  const RankedList& list = Build(Visitor(30, 1));
  ASSERT_EQ(list.items.size(), 20u);
  EXPECT_FALSE(list.cold);
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const RankedItem& entry = list.items[i];
    double sum = 0;
    for (const double part : entry.parts) sum += part;
    EXPECT_NEAR(sum, entry.score, 1e-12);
    EXPECT_NE(entry.proposed_by, 0u);
    if (i > 0) {
      EXPECT_LE(entry.score, list.items[i - 1].score);
    }
  }
}

TEST_F(Lists, LeaveOutSeenDismissedAndUnavailableItems) {
  Visitor visitor(30, 2);
  const RankedList before = Build(visitor);
  visitor.dismissed.insert(before.items[0].item->key);
  const ItemKey gone = before.items[1].item->key;
  const ItemKey expired = before.items[2].item->key;
  const ItemKey future = before.items[3].item->key;
  const_cast<ItemModel*>(view_.Find(gone))->available = false;
  const_cast<ItemModel*>(view_.Find(expired))->available_until = {SyntheticView::kNow};
  const_cast<ItemModel*>(view_.Find(future))->available_from = {SyntheticView::kNow + 1};
  view_.Rename("v2");
  const ItemKey dismissed = before.items[0].item->key;
  const RankedList& after = Build(visitor);
  for (const ItemKey item : {dismissed, gone, expired, future}) EXPECT_FALSE(Contains(after, item));
  for (const HistoryEvent& event : visitor.history) EXPECT_FALSE(Contains(after, event.item));
  EXPECT_EQ(after.items[0].item->key, before.items[4].item->key);
  EXPECT_EQ(after.filtered.dismissed, 1);
  EXPECT_EQ(after.filtered.unavailable, 3);
  EXPECT_GT(after.filtered.seen, 0);
}

TEST_F(Lists, RepeatSeenItemsWhereAllowed) {
  const ListBuilder builder{RankOptions{.allow_repeats = true}};
  const Visitor visitor(30, 3);
  const RankedList& list =
      builder.Build(visitor.Signals(200), view_, builder.WeightsFrom(view_.Global()), scratch_);
  EXPECT_EQ(list.filtered.seen, 0);
  EXPECT_TRUE(std::any_of(visitor.history.begin(), visitor.history.end(),
                          [&](const HistoryEvent& event) { return Contains(list, event.item); }));
}

TEST_F(Lists, OfColdUsersFollowPopularity) {
  const RankedList& list = Build(Visitor(0, 4));
  ASSERT_EQ(list.items.size(), 20u);
  EXPECT_TRUE(list.cold);
  for (const RankedItem& entry : list.items) {
    EXPECT_EQ(entry.parts[0], 0) << "no transitions without a history";
    EXPECT_GT(entry.score, 0);
  }
  std::set<std::uint64_t> popular;
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    for (const PopularItem& item : view_.Popular(h).first(40)) popular.insert(item.item.value);
  }
  EXPECT_TRUE(popular.contains(list.items[0].item->key.value));
}

TEST_F(Lists, AreTheSameForTheSameSignals) {
  const Visitor visitor(30, 5);
  const RankedList first = Build(visitor);
  Build(Visitor(12, 6));
  RankScratch fresh(builder_.options());
  const RankedList& again =
      builder_.Build(visitor.Signals(), view_, builder_.WeightsFrom(view_.Global()), fresh);
  ASSERT_EQ(first.items.size(), again.items.size());
  for (std::size_t i = 0; i < first.items.size(); ++i) {
    EXPECT_EQ(first.items[i].item, again.items[i].item);
    EXPECT_EQ(first.items[i].score, again.items[i].score) << "to the bit";
  }
}

TEST_F(Lists, ShrinkWhenFewItemsQualify) {
  Visitor visitor(5, 7);
  for (std::size_t i = 3; i < kItems; ++i) visitor.seen.insert(SyntheticView::KeyAt(i));
  EXPECT_LE(Build(visitor).items.size(), 3u);
  EXPECT_TRUE(Build(visitor, 0).items.empty());
}

TEST_F(Lists, NoticeANewVersionOfTheView) {
  const Visitor visitor(0, 8);
  const double before = Build(visitor).items[0].score;
  for (std::size_t i = 0; i < kItems; ++i) view_.At(i).popularity[0].sum *= i < 5 ? 100 : 1;
  view_.Reorder();
  view_.Rename("v2");
  EXPECT_NE(Build(visitor).items[0].score, before);
}

/// Raw scores by the definitions, over all items, with plain loops and the C library.
struct NaiveRows {
  std::map<std::uint64_t, double> transitions;
  std::map<std::uint64_t, double> together;
  std::map<std::uint64_t, double> same_past;
  std::map<std::uint64_t, double> soon;
};

NaiveRows ScoreNaively(const Visitor& visitor, const SyntheticView& view) {
  NaiveRows naive;
  std::vector<ItemKey> last;
  std::map<std::uint64_t, double> strength;
  std::vector<std::int64_t> at;
  for (auto event = visitor.history.rbegin(); event != visitor.history.rend(); ++event) {
    double& best = strength[event->item.value];
    best = std::max(best, std::log2(1 + static_cast<double>(event->weight)));
    if (std::find(last.begin(), last.end(), event->item) != last.end()) continue;
    last.push_back(event->item);
    at.push_back(event->at.ms);
  }
  for (std::size_t place = 0; place < last.size() && place < 20; ++place) {
    const ItemModel& item = *view.Find(last[place]);
    const double lag = std::exp(-static_cast<double>(place) / 3) * strength[last[place].value];
    const double long_lag = std::exp(-static_cast<double>(place) / 7) * strength[last[place].value];
    const double soon = std::exp(-static_cast<double>(at[0] - at[place]) / (12 * 3'600'000.0)) /
                        static_cast<double>(place + 1) * strength[last[place].value];
    for (const RowCell& cell : item.row) {
      if (visitor.seen.contains(cell.item)) continue;
      const double mass = static_cast<double>(view.Find(cell.item)->row_mass) + 1;
      const double own = static_cast<double>(item.row_mass);
      const double cosine = std::pow(mass * (own + 1), 0.4);
      const auto follows = static_cast<double>(item.row_follow_mass);
      if (place < 10) {
        naive.transitions[cell.item.value] +=
            soon * static_cast<double>(cell.forward) / (follows + 20) / std::pow(mass, 0.2);
      }
      if (place < 6) {
        naive.together[cell.item.value] += lag * static_cast<double>(cell.near) / cosine;
        naive.soon[cell.item.value] += soon * static_cast<double>(cell.forward + cell.backward) / cosine;
      }
      naive.same_past[cell.item.value] += long_lag * static_cast<double>(cell.together) / cosine;
    }
  }
  return naive;
}

double Total(const std::map<std::uint64_t, double>& scores) {
  double total = 0;
  for (const auto& [item, score] : scores) total += score;
  return total;
}

TEST_F(Lists, ScoreRowsAsTheDefinitionsSay) {
  for (std::uint64_t seed = 10; seed < 20; ++seed) {
    const Visitor visitor(30, seed);
    Build(visitor);
    const NaiveRows naive = ScoreNaively(visitor, view_);
    EXPECT_NEAR(scratch_.pool.mass(0).sum, Total(naive.transitions), 1e-4 * Total(naive.transitions));
    EXPECT_NEAR(scratch_.pool.mass(1).sum, Total(naive.together), 1e-4 * Total(naive.together));
    EXPECT_NEAR(scratch_.pool.mass(2).sum, Total(naive.same_past), 1e-4 * Total(naive.same_past));
    EXPECT_NEAR(scratch_.pool.mass(4).sum, Total(naive.soon), 1e-4 * Total(naive.soon));
    std::vector<double> best;
    for (const auto& [item, score] : naive.together) best.push_back(score);
    std::sort(best.rbegin(), best.rend());
    for (std::size_t i = 0; i < scratch_.pool.shortlist().size(); ++i) {
      const std::uint32_t slot = scratch_.pool.shortlist()[i];
      const auto found = naive.together.find(scratch_.pool.key(slot).value);
      const double expected = found == naive.together.end() ? 0 : found->second;
      EXPECT_NEAR(scratch_.pool.scores(1)[i], expected, 1e-5 + 1e-5 * expected);
      const double lift = 0.2 * kItems * expected / Total(naive.together);
      EXPECT_NEAR(scratch_.features.at(i, 1), std::log1p(lift), 1e-4);
      const bool proposed = (scratch_.pool.proposed_by(slot) & 2) != 0;
      const double in = best.size() <= 80 ? 0 : best[80] * (1 + 1e-5);
      const double out = best.size() <= 80 ? 0 : best[79] * (1 - 1e-5);
      if (expected > in) {
        EXPECT_TRUE(proposed);
      }
      if (expected < out || expected == 0) {
        EXPECT_FALSE(proposed);
      }
    }
  }
}

TEST_F(Lists, ScorePopularityAsSharesOfTheHead) {
  const Visitor visitor(30, 21);
  Build(visitor);
  double total = 0;
  const HalfLife half_life = builder_.options().popularity_half_lives[2];
  for (const PopularItem& popular : view_.Popular(2)) {
    total += ValueAt(view_.Find(popular.item)->popularity[2], {SyntheticView::kNow}, half_life);
  }
  EXPECT_NEAR(scratch_.pool.mass(7).sum, total, 1e-6 * total);
  const std::uint32_t slot = scratch_.pool.shortlist()[0];
  const double value = ValueAt(scratch_.pool.item(slot)->popularity[2], {SyntheticView::kNow}, half_life);
  EXPECT_NEAR(scratch_.features.at(0, 7), std::log1p(0.2 * kItems * value / total), 1e-5);
}

TEST_F(Lists, LearnToRankWhatIsTaken) {
  // Users always take the factor generator's favourite of the shortlist: its weight must rise above the
  // others'.
  MixLearner learner = LearnerOf(builder_);
  for (std::uint64_t round = 0; round < 300; ++round) {
    const Visitor visitor(20, 1000 + round);
    builder_.Build(visitor.Signals(), view_, learner.weights(), scratch_);
    const auto scores = scratch_.pool.scores(7);
    const auto best =
        static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    MixDelta delta = builder_.NewDelta();
    const ItemKey taken = scratch_.pool.key(scratch_.pool.shortlist()[best]);
    ASSERT_TRUE(builder_.Learn(visitor.Signals(), {taken, delta}, view_, learner.weights(), scratch_));
    learner.Fold(delta);
  }
  const auto weights = learner.weights().values();
  EXPECT_GT(weights[7], 1.0);
  for (std::size_t g = 0; g < 7; ++g) EXPECT_LT(weights[g], weights[7]);
}

TEST_F(Lists, LearnNothingFromItemsOutsideThePool) {
  const Visitor visitor(20, 30);
  MixDelta delta = builder_.NewDelta();
  const MixWeights weights = builder_.WeightsFrom(view_.Global());
  EXPECT_FALSE(builder_.Learn(visitor.Signals(), {{12345}, delta}, view_, weights, scratch_));
  EXPECT_FALSE(builder_.Learn(visitor.Signals(), {visitor.history[0].item, delta}, view_, weights, scratch_));
  EXPECT_EQ(delta.events(), 0u);
}

TEST_F(Lists, MaskingAnItemChangesRawScoresByItsContribution) {
  EXPECT_TRUE(rc::check([this] {
    Visitor visitor(*rc::gen::inRange<std::size_t>(1, 40), *rc::gen::arbitrary<std::uint64_t>());
    const RankedList list = Build(visitor);
    RC_PRE(!list.items.empty());
    const RankedItem& entry = list.items[*rc::gen::inRange<std::size_t>(0, list.items.size())];
    for (const std::size_t generator : {0u, 1u, 2u, 3u}) {
      Build(visitor);
      std::vector<float> by_place(scratch_.place_count);
      builder_.Attribute(visitor.Signals(), entry, generator, scratch_, by_place);
      const float raw = scratch_.pool.scores(generator)[entry.row];
      double sum = 0;
      for (const float share : by_place) sum += static_cast<double>(share);
      RC_ASSERT(std::abs(sum - static_cast<double>(raw)) <= 1e-6 * static_cast<double>(raw));
      const std::size_t place = *rc::gen::inRange<std::size_t>(0, by_place.size());
      Visitor masked = visitor;
      for (HistoryEvent& event : masked.history) {
        // A dislike silences an item and keeps its place; an event taken back would give the place to others.
        if (event.item == scratch_.places[place].item) event.weight = -1;
      }
      Build(masked);
      const auto shortlist = scratch_.pool.shortlist();
      for (std::size_t i = 0; i < shortlist.size(); ++i) {
        if (scratch_.pool.key(shortlist[i]) != entry.item->key) continue;
        const float without = scratch_.pool.scores(generator)[i];
        RC_ASSERT(std::abs(raw - without - by_place[place]) <= 1e-5f * raw);
      }
    }
  }));
}

TEST(CandidatePool, TakesMoreCandidatesThanItStartedWith) {
  const SyntheticView view(5000, 2, 1);
  const Visitor visitor(0, 1);
  const UserSignals signals = visitor.Signals();
  CandidatePool pool;
  for (int round = 0; round < 2; ++round) {
    pool.Reset(signals, view, {});
    for (std::size_t i = 0; i < 5000; ++i) {
      const std::uint32_t slot = pool.Add(SyntheticView::KeyAt(i));
      ASSERT_EQ(slot, i);
      ASSERT_EQ(pool.row_lanes(slot)[3], 0);
      pool.row_lanes(slot)[3] = static_cast<float>(i);
    }
    for (std::size_t i = 0; i < 5000; ++i) {
      const std::uint32_t slot = pool.Add(SyntheticView::KeyAt(i));
      ASSERT_EQ(slot, i);
      ASSERT_EQ(pool.row_lanes(slot)[3], static_cast<float>(i));
    }
    EXPECT_EQ(pool.Add({999}), CandidatePool::kNotEligible);
  }
}

}  // namespace
}  // namespace freshet
