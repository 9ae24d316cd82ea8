// Sessions on their way from users' events to the view.
#include <gtest/gtest.h>

#include <algorithm>

#include "operators/session_ring.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

constexpr std::int64_t kGapMs = 30LL * 60 * 1000;

std::vector<std::vector<std::string>> SessionsOf(const TestDriver& driver) {
  std::map<std::uint64_t, std::string> names;
  for (char name = 'a'; name <= 'z'; ++name) names[KeyOfItem(std::string(1, name)).value] = name;
  std::vector<std::vector<std::string>> sessions;
  driver.view->ForEachSession([&](SessionKey, const UserSession& session) {
    sessions.emplace_back();
    for (const ItemKey item : session.items) sessions.back().push_back(names[item.value]);
  });
  std::sort(sessions.begin(), sessions.end());
  return sessions;
}

using Expected = std::vector<std::vector<std::string>>;

void Visit(TestDriver& driver, const std::string& user, const std::string& items,
           const std::string& session_id = "") {
  for (const char item : items) {
    const std::string more = session_id.empty() ? "" : fmt::format(R"(,"session_id":"{}")", session_id);
    driver.Interact(user, std::string(1, item), "view", fmt::format("{}-{}", user, item), more);
  }
}

TEST(UserSessions, GrowInTheirPlaceFromBatchToBatch) {
  TestDriver driver;
  Visit(driver, "ada", "a");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), Expected{}) << "one item says nothing";
  Visit(driver, "ada", "b");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "b"}}));
  driver.Interact("ada", "b");
  Visit(driver, "bob", "xy");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "b", "b"}, {"x", "y"}}));
  driver.Close();
  EXPECT_EQ(SessionsOf(driver).size(), 2U) << "a batch without events publishes none";
}

TEST(UserSessions, EndByTheGapOrByTheirId) {
  TestDriver driver;
  Visit(driver, "ada", "abc");
  driver.now_ms += kGapMs + 1;
  Visit(driver, "ada", "de");
  Visit(driver, "bob", "fg", "one");
  driver.now_ms += 10 * kGapMs;
  Visit(driver, "bob", "h", "one");
  Visit(driver, "bob", "ij", "two");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "b", "c"}, {"d", "e"}, {"f", "g", "h"}, {"i", "j"}}))
      << "also those that ended within the batch";
}

TEST(UserSessions, LeaveTheRingOldestFirst) {
  UserOperatorOptions options = UserOptions();
  options.sessions.kept = 2;
  TestDriver driver(options);
  for (const char* user : {"u1", "u2", "u3"}) {
    const char first = static_cast<char>('a' + 2 * (user[1] - '1'));
    Visit(driver, user, std::string{first, static_cast<char>(first + 1)});
    driver.Close();
  }
  EXPECT_EQ(SessionsOf(driver), (Expected{{"c", "d"}, {"e", "f"}}));
}

TEST(UserSessions, ContinueInAnotherRecordWhenTheyAreLong) {
  UserOperatorOptions options = UserOptions();
  options.sessions.events = 3;
  TestDriver driver(options);
  Visit(driver, "ada", "abcde");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "b", "c"}, {"d", "e"}}));
}

TEST(UserSessions, ForgetWhatIsTakenBackWhileTheyLive) {
  TestDriver driver;
  Visit(driver, "ada", "abc");
  driver.Close();
  driver.Retract("ada", "ada-b");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "c"}}));
}

TEST(UserSessions, AreNotPublishedWhereNoneIsKept) {
  UserOperatorOptions options = UserOptions();
  options.sessions.kept = 0;
  TestDriver driver(options);
  Visit(driver, "ada", "abc");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), Expected{});
}

TEST(UserSessions, AreGivenUpByABatchThatWasAborted) {
  TestDriver driver;
  Visit(driver, "ada", "a");
  driver.Close();
  Visit(driver, "ada", "b");
  driver.user.Abort(true);
  Visit(driver, "ada", "c");
  driver.Close();
  EXPECT_EQ(SessionsOf(driver), (Expected{{"a", "c"}}));
}

TEST(UserSessions, RecommendWhatOthersWentOnTo) {
  TestDriver driver;
  Visit(driver, "ada", "abc");
  Visit(driver, "bob", "xyz");
  driver.Close();
  Visit(driver, "eve", "ab");
  driver.CloseUsers();
  const auto& items = driver.lists.at("eve").items;
  const auto found = std::find_if(items.begin(), items.end(),
                                  [](const RecommendedItem& item) { return item.item_id == "c"; });
  ASSERT_NE(found, items.end());
  EXPECT_NE(std::find(found->sources.begin(), found->sources.end(), "session_knn"), found->sources.end());
  driver.Learn();
  EXPECT_EQ(SessionsOf(driver).size(), 3U);
}

TEST(SessionRing, ClearsWhatASmallerRingLeavesOver) {
  MapState below;
  Overlay state(below);
  for (int i = 0; i < 5; ++i) {
    SessionRing ring = SessionRing::Load(state);
    EXPECT_EQ(ring.Take(5), static_cast<std::uint32_t>(i));
    EXPECT_FALSE(ring.TakeSurplus(5).has_value());
    ring.Save(state);
  }
  SessionRing ring = SessionRing::Load(state);
  EXPECT_EQ(ring.Take(2), 1U);
  EXPECT_EQ(ring.TakeSurplus(2), 4U);
  EXPECT_EQ(ring.TakeSurplus(2), 3U);
  EXPECT_EQ(ring.TakeSurplus(2), 2U);
  EXPECT_FALSE(ring.TakeSurplus(2).has_value());
}

}  // namespace
}  // namespace freshet::test
