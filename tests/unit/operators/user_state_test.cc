// A user's state against a plain record of everything that was ever said about the user.
#include "operators/user_state.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/format.h"
#include "state/map_state.h"

namespace freshet {
namespace {

struct Reference {
  std::vector<HistoryEvent> events;  ///< ever appended; masked ones have weight 0
  std::set<std::string> ids;
  std::map<std::uint64_t, std::int64_t> dismissed;
};

class UserAndReference {
 public:
  explicit UserAndReference(const UserLimits& limits) : limits_(limits) { Load(); }

  void Append(std::uint64_t item, float weight) {
    HistoryEvent event;
    event.item = {item};
    event.weight = weight;
    event.at = {1'000'000 + clock_++};
    event.offset = {clock_ * 3};
    event.event_id = fmt::format("event-{}", clock_);
    said.events.push_back(event);
    user_->Append(overlay_, std::move(event));
  }
  void Mask(std::uint64_t back) {
    const std::size_t kept = user_->history().size();
    if (kept == 0) return;
    const std::size_t index = kept - 1 - back % kept;
    const std::string id = user_->history()[index].event_id;
    EXPECT_EQ(user_->FindEvent(id), index);
    said.events[said.events.size() - kept + index].weight = 0;
    user_->Mask(index);
  }
  void Remember(const std::string& id) {
    EXPECT_EQ(user_->RememberEventId(overlay_, id, {1'000'000 + clock_}), said.ids.insert(id).second) << id;
  }
  void Dismiss(std::uint64_t item, std::int64_t until) {
    said.dismissed[item] = until;
    user_->Dismiss({{item}, {until}, Hash64(fmt::format("dismiss-{}", item))});
  }
  void Undismiss(std::uint64_t item, bool by_event) {
    said.dismissed.erase(item);
    if (by_event) return user_->UndismissBy(fmt::format("dismiss-{}", item));
    user_->Undismiss({item});
  }
  void SaveAndLoad() {
    user_->Save(overlay_);
    below_.Apply(overlay_);
    overlay_.Clear();
    Load();
  }
  void Compare() {
    const auto history = user_->history();
    ASSERT_GE(history.size(), std::min<std::size_t>(said.events.size(), limits_.history_events));
    const std::size_t older = said.events.size() - history.size();
    std::set<std::uint64_t> seen;
    for (std::size_t i = 0; i < said.events.size(); ++i) {
      const HistoryEvent& event = said.events[i];
      if (event.weight != 0) seen.insert(event.item.value);
      if (i < older) continue;
      const HistoryEvent& kept = history[i - older];
      ASSERT_EQ(kept.event_id, event.event_id);
      ASSERT_EQ(kept.weight, event.weight);
      ASSERT_EQ(kept.at, event.at);
      ASSERT_EQ(kept.offset, event.offset);
      ASSERT_EQ(kept.item, event.item);
    }
    std::set<std::uint64_t> hidden;
    for (const ItemKey item : user_->SeenItems(overlay_)) hidden.insert(item.value);
    ASSERT_EQ(hidden, seen);
    for (std::uint64_t item = 0; item < 700; item += 7) {
      const bool masked = std::any_of(history.begin(), history.end(),
                                      [item](const HistoryEvent& kept) { return kept.item.value == item; });
      ASSERT_EQ(user_->HasHad(overlay_, {item}), masked || seen.contains(item)) << item;
    }
    std::set<std::uint64_t> away;
    for (const auto& [item, until] : said.dismissed) {
      if (until == 0 || until > 500) away.insert(item);
    }
    std::set<std::uint64_t> dismissed;
    for (const Dismissal& made : user_->dismissals()) {
      if (made.until.ms == 0 || made.until.ms > 500) dismissed.insert(made.item.value);
    }
    ASSERT_EQ(dismissed, away);
  }

  Reference said;

 private:
  void Load() {
    auto loaded = UserState::Load(overlay_, "ada", limits_);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    user_.emplace(std::move(*loaded));
  }
  UserLimits limits_;
  MapState below_;
  Overlay overlay_{below_};
  std::optional<UserState> user_;
  std::int64_t clock_ = 0;
};

class UserStateTest : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(HistoryLengths, UserStateTest, ::testing::Values(10, 48, 200));

TEST_P(UserStateTest, EqualsAReferenceUnderRandomOperations) {
  UserLimits limits;
  limits.history_events = GetParam();
  std::mt19937_64 random(GetParam());
  UserAndReference user(limits);
  for (int step = 0; step < 3000; ++step) {
    const std::uint64_t what = random() % 16;
    const std::uint64_t detail = random();
    if (what < 8) user.Append(detail % 700, detail % 5 == 0 ? -2.F : 3.F);
    if (what == 8) user.Mask(detail);
    if (what == 9 || what == 10) user.Remember(fmt::format("id-{}", detail % 900));
    if (what == 11) user.Dismiss(detail % 60, detail % 3 == 0 ? 0 : static_cast<std::int64_t>(detail % 1000));
    if (what == 12) user.Undismiss(detail % 60, detail % 2 == 0);
    if (what >= 13) user.SaveAndLoad();
    if (step % 50 == 0) user.Compare();
    if (HasFailure()) return;
  }
  user.SaveAndLoad();
  user.Compare();
}

TEST(UserLimits, NamesWhatCannotBeNothing) {
  EXPECT_TRUE(UserLimits().Check().ok());
  UserLimits limits;
  limits.older_seen_items = 0;
  ASSERT_FALSE(limits.Check().ok());
  EXPECT_NE(limits.Check().error().message.find("older_seen_items"), std::string::npos);
  limits = {};
  limits.event_ids = 0;
  EXPECT_FALSE(limits.Check().ok());
}

TEST(UserLimits, AreRoundedUpToWholeBlocks) {
  UserLimits limits;
  limits.history_events = 1;
  limits.older_seen_items = 1;
  limits.event_ids = 1;
  MapState below;
  Overlay overlay(below);
  auto user = UserState::Load(overlay, "ada", limits);
  ASSERT_TRUE(user.ok());
  for (int i = 0; i < 100; ++i) {
    HistoryEvent event;
    event.item = {static_cast<std::uint64_t>(i)};
    event.weight = 1;
    user->Append(overlay, event);
    EXPECT_TRUE(user->RememberEventId(overlay, fmt::format("e{}", i), {i}));
  }
  user->Save(overlay);
  const auto again = UserState::Load(overlay, "ada", limits);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->history().back().item.value, 99U);
  EXPECT_EQ(again->SeenItems(overlay).size(), 100U);
}

TEST(UserState, SaysSoWhenItsBytesAreDamaged) {
  MapState below;
  Overlay overlay(below);
  auto user = UserState::Load(overlay, "ada", {});
  ASSERT_TRUE(user.ok());
  HistoryEvent event;
  event.weight = 1;
  user->Append(overlay, event);
  user->Save(overlay);
  below.Apply(overlay);
  ASSERT_EQ(below.Entries().size(), 1U);
  const auto [key, bytes] = *below.Entries().begin();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    overlay.Put(key, bytes.substr(0, length));
    EXPECT_FALSE(UserState::Load(overlay, "ada", {}).ok()) << length;
  }
}

}  // namespace
}  // namespace freshet
