#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "rank/candidate_source.h"
#include "rank/explanation.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 200;
constexpr std::int64_t kDay = 24LL * 3600 * 1000;

/// A view with sessions, by plain loops.
class SessionView final : public SyntheticView {
 public:
  SessionView() : SyntheticView(kItems, 5, 3) {}
  void Add(std::vector<std::size_t> items, std::int64_t age_ms) {
    UserSession session{{kNow - age_ms}, {}};
    for (const std::size_t item : items) session.items.push_back(KeyAt(item));
    const SessionKey key{sessions_.size() + 1};
    sessions_[{session.start, key}] = session;
  }
  SessionsOfItem SessionsWith(ItemKey item, std::span<SessionRef> newest) const override {
    SessionsOfItem with;
    for (auto at = sessions_.rbegin(); at != sessions_.rend(); ++at) {
      const auto& items = at->second.items;
      if (std::find(items.begin(), items.end(), item) == items.end()) continue;
      ++with.total;
      if (with.found < newest.size()) newest[with.found++] = at->first;
    }
    return with;
  }
  const UserSession* FindSession(SessionKey key) const override {
    for (const auto& [ref, session] : sessions_) {
      if (ref.key == key) return &session;
    }
    return nullptr;
  }
  std::size_t SessionCount() const override { return sessions_.size(); }
  const std::map<SessionRef, UserSession>& all() const { return sessions_; }

 private:
  std::map<SessionRef, UserSession> sessions_;
};

std::vector<HistoryEvent> Visit(const std::vector<std::size_t>& items) {
  std::vector<HistoryEvent> history;
  for (const std::size_t item : items) {
    HistoryEvent event;
    event.item = SyntheticView::KeyAt(item);
    event.at = {SyntheticView::kNow - 1'000 * static_cast<std::int64_t>(items.size() - history.size())};
    event.weight = 1;
    event.taught = history.empty() ? kOpensSession : std::uint8_t{0};
    history.push_back(event);
  }
  return history;
}

/// The definition of the score, over all sessions and items.
std::map<std::uint64_t, double> ScoreNaively(const SessionView& view,
                                             const std::vector<HistoryEvent>& history) {
  std::vector<ItemKey> places;
  for (auto event = history.rbegin(); event != history.rend() && places.size() < 8; ++event) {
    if (std::find(places.begin(), places.end(), event->item) == places.end()) places.push_back(event->item);
  }
  std::map<std::uint64_t, double> scores;
  for (const auto& [ref, session] : view.all()) {
    std::vector<double> weights(places.size());
    double similarity = 0;
    for (std::size_t p = 0; p < places.size(); ++p) {
      if (std::find(session.items.begin(), session.items.end(), places[p]) == session.items.end()) continue;
      std::vector<SessionRef> none;
      const auto total = static_cast<double>(view.SessionsWith(places[p], none).total);
      const double rarity = std::log(1 + (static_cast<double>(view.SessionCount()) + 1) / (total + 1));
      weights[p] = std::exp(-static_cast<double>(p) / 2) * std::pow(rarity, 3);
      similarity += weights[p];
    }
    if (similarity == 0) continue;
    const double days = static_cast<double>(SyntheticView::kNow - ref.start.ms) / static_cast<double>(kDay);
    const double value =
        similarity * std::exp2(-days / 15) * std::pow(static_cast<double>(session.items.size()), -0.2);
    for (std::size_t p = 0; p < places.size(); ++p) {
      for (std::size_t match = 0; match < session.items.size(); ++match) {
        if (session.items[match] != places[p]) continue;
        for (std::size_t j = 0; j < session.items.size(); ++j) {
          const double d = static_cast<double>(j) - static_cast<double>(match);
          if (std::abs(d) > 8) continue;
          const double near = d > 0    ? std::exp(-(d - 1) / 1.2)
                              : d < 0  ? 0.5 * std::exp((d + 1) / 1.5)
                              : p == 0 ? 1
                                       : 2.5;
          scores[session.items[j].value] += value * weights[p] * near;
        }
      }
    }
  }
  for (auto& [item, score] : scores)
    score *= std::pow(static_cast<double>(view.Find({item})->row_mass) + 1, -0.1);
  return scores;
}

class Sessions : public testing::Test {
 protected:
  Sessions() {
    Random random(17);
    for (int i = 0; i < 90; ++i) {
      std::vector<std::size_t> items(2 + random.Below(9));
      const std::size_t home = random.Below(8) * 5;
      for (std::size_t& item : items) item = random.Chance(0.7) ? home + random.Below(5) : random.Below(60);
      view_.Add(items, static_cast<std::int64_t>(random.Below(20)) * kDay + i);
    }
  }
  static RankOptions Options() {
    RankOptions options;
    options.allow_repeats = true;
    return options;
  }
  static std::vector<std::unique_ptr<CandidateSource>> Alone() {
    std::vector<std::unique_ptr<CandidateSource>> sources;
    sources.push_back(MakeSessionSource(Options()));
    return sources;
  }
  const RankedList& Build(const std::vector<HistoryEvent>& history,
                          std::optional<SessionKey> live = std::nullopt) {
    UserSignals signals{history, seen_, dismissed_, {SyntheticView::kNow}, 80, {}};
    signals.live_session = live;
    return builder_.Build(signals, view_, builder_.WeightsFrom(view_.Global()), scratch_);
  }
  double RawOf(std::uint64_t item) const {
    const auto shortlist = scratch_.pool.shortlist();
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      if (scratch_.pool.key(shortlist[i]).value == item)
        return static_cast<double>(scratch_.pool.scores(0)[i]);
    }
    return 0;
  }

  SessionView view_;
  ItemSet seen_;
  ItemSet dismissed_;
  ListBuilder builder_{Options(), Alone()};
  RankScratch scratch_{builder_.options()};
};

TEST_F(Sessions, ScoreAsTheDefinitionSays) {
  for (const std::vector<std::size_t>& items :
       {std::vector<std::size_t>{3}, {0, 1, 2}, {1, 1, 4, 1}, {11, 12, 30, 5, 6, 7, 8, 9, 20, 21, 22}}) {
    const auto history = Visit(items);
    Build(history);
    const auto naive = ScoreNaively(view_, history);
    double total = 0;
    for (const auto& [item, score] : naive) total += score;
    ASSERT_GT(total, 0);
    EXPECT_NEAR(scratch_.pool.mass(0).sum, total, 1e-5 * total);
    ASSERT_LE(naive.size(), 80U) << "all are on the shortlist";
    for (const auto& [item, score] : naive) EXPECT_NEAR(RawOf(item), score, 1e-5 * total);
  }
}

TEST_F(Sessions, AddUpOverThePlacesThatTheyAreComparedBy) {
  const auto history = Visit({0, 1, 2, 7, 3, 1});
  const RankedList& list = Build(history);
  ASSERT_FALSE(list.items.empty());
  const UserSignals signals{history, seen_, dismissed_, {SyntheticView::kNow}, 80, {}};
  for (const RankedItem& entry : list.items) {
    std::vector<float> by_place(scratch_.place_count);
    builder_.Attribute(signals, entry, 0, scratch_, by_place);
    double sum = 0;
    for (const float share : by_place) sum += static_cast<double>(share);
    EXPECT_NEAR(sum, RawOf(entry.item->key.value), 1e-6 * sum);
  }
}

TEST_F(Sessions, LookAtTheCurrentSessionAlone) {
  auto history = Visit({40, 41, 0, 1});
  const auto whole = Build(history).items;
  history[2].taught = kOpensSession;
  Build(history);
  const auto naive = ScoreNaively(view_, Visit({0, 1}));
  for (const auto& [item, score] : naive) EXPECT_NEAR(RawOf(item), score, 1e-4 + 1e-4 * score);
}

TEST_F(Sessions, LeaveTheUsersOwnOut) {
  const auto history = Visit({150, 151});
  Build(history);
  EXPECT_EQ(scratch_.pool.mass(0).sum, 0) << "nobody else had them";
  view_.Add({150, 151}, 500);
  const SessionKey own{view_.SessionCount()};
  Build(history, own);
  EXPECT_EQ(scratch_.pool.mass(0).sum, 0);
  Build(history);
  EXPECT_GT(scratch_.pool.mass(0).sum, 0);
}

TEST_F(Sessions, AreComparedOnlyWithTheMostSimilar) {
  RankOptions options = Options();
  options.session_neighbours = 1;
  std::vector<std::unique_ptr<CandidateSource>> sources;
  sources.push_back(MakeSessionSource(options));
  const ListBuilder builder(options, std::move(sources));
  view_.Add({160, 170}, 3'000);
  view_.Add({161, 160, 171}, 2'000);  // shares both, and is the newer of two that do
  view_.Add({161, 160, 172}, 2'500);
  const auto history = Visit({161, 160});
  const UserSignals signals{history, seen_, dismissed_, {SyntheticView::kNow}, 80, {}};
  builder.Build(signals, view_, builder.WeightsFrom(view_.Global()), scratch_);
  EXPECT_GT(RawOf(SyntheticView::KeyAt(171).value), 0);
  EXPECT_EQ(RawOf(SyntheticView::KeyAt(172).value), 0);
  EXPECT_EQ(RawOf(SyntheticView::KeyAt(170).value), 0);
}

TEST_F(Sessions, ExplainWhoWentOnToWhat) {
  const auto history = Visit({0, 1});
  const UserSignals signals{history, seen_, dismissed_, {SyntheticView::kNow}, 5, {}};
  builder_.Build(signals, view_, builder_.WeightsFrom(view_.Global()), scratch_);
  const Explainer explainer(builder_);
  const std::vector<std::string> topics = {"interactions"};
  const RecommendedItem item = explainer.Explain(0, signals, view_, {topics, {0}}, scratch_);
  ASSERT_FALSE(item.reasons.empty());
  EXPECT_EQ(item.reasons[0].code, "USERS_LIKE_YOU");
  EXPECT_EQ(item.reasons[0].part, "session_knn");
  EXPECT_NE(item.reasons[0].text.find("sessions like yours"), std::string::npos) << item.reasons[0].text;
}

}  // namespace
}  // namespace freshet
