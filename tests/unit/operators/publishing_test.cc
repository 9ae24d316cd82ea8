// When a list is published, and what takes items out of lists.
#include <gtest/gtest.h>

#include "test_driver.h"

namespace freshet::test {
namespace {

/// Ten users buy the items a ... j, one after the other.
void Crowd(TestDriver& driver) {
  for (int user = 0; user < 10; ++user) {
    for (char item = 'a'; item <= 'j'; ++item) {
      driver.Interact(fmt::format("crowd-{}", user), std::string(1, item), "purchase");
    }
  }
  driver.Close();
}

UserOperatorOptions WithoutRefresh() {
  UserOperatorOptions options = UserOptions();
  options.publish.refresh_users = 0;
  return options;
}

TEST(Publishing, GivesAListOnceABatchWithTheLastEventAsTrigger) {
  TestDriver driver(WithoutRefresh());
  Crowd(driver);
  driver.Interact("ada", "a", "click", "first");
  driver.Interact("ada", "b", "click", "last");
  driver.CloseUsers();
  ASSERT_EQ(driver.published.size(), 1U);
  const RecommendationList& list = driver.published.front();
  EXPECT_EQ(list.user_id, "ada");
  ASSERT_TRUE(list.trigger.has_value());
  EXPECT_EQ(list.trigger->event_id, "last");
  EXPECT_EQ(list.trigger->topic, "interactions");
  EXPECT_EQ(list.trigger->offset.value, 101);
  EXPECT_EQ(list.watermark.ms, driver.now_ms);
  EXPECT_FALSE(driver.Recommends("ada", "a"));
  EXPECT_TRUE(driver.Recommends("ada", "c"));
}

TEST(Publishing, GivesNothingWhenNothingChanged) {
  TestDriver driver;
  Crowd(driver);
  driver.Interact("ada", "a");
  driver.CloseUsers();
  ASSERT_TRUE(driver.lists.contains("ada"));
  driver.Interact("ada", "", "search", "", R"(,"query":"shoes")");
  driver.CloseUsers();
  for (const RecommendationList& list : driver.published) EXPECT_NE(list.user_id, "ada");
  driver.CloseUsers();
  driver.CloseUsers();
  EXPECT_TRUE(driver.published.empty()) << "batches without input over the same view";
}

TEST(Publishing, WaitsForTheIntervalOfEventTime) {
  UserOperatorOptions options = WithoutRefresh();
  options.publish.min_interval_ms = 60'000;
  TestDriver driver(options);
  Crowd(driver);
  driver.Interact("ada", "a");
  driver.CloseUsers();
  EXPECT_EQ(driver.published.size(), 1U);
  driver.Interact("ada", "b");
  driver.CloseUsers();
  EXPECT_TRUE(driver.published.empty());
  driver.now_ms += 60'000;
  driver.Interact("ada", "c");
  driver.CloseUsers();
  EXPECT_EQ(driver.published.size(), 1U);
}

TEST(Publishing, LeavesPartsAndEvidenceOutOfCompactLists) {
  UserOperatorOptions options = UserOptions();
  options.publish.detail = Detail::kCompact;
  TestDriver driver(options);
  Crowd(driver);
  driver.Interact("ada", "a", "click", "e");
  driver.CloseUsers();
  const RecommendationList& list = driver.lists.at("ada");
  ASSERT_FALSE(list.items.empty());
  for (const RecommendedItem& item : list.items) {
    EXPECT_TRUE(item.score_parts.empty());
    EXPECT_FALSE(item.item_id.empty());
    for (const Reason& reason : item.reasons) EXPECT_TRUE(reason.evidence.event_ids.empty());
  }
}

TEST(Publishing, RefreshesAUserWhoseItemsChangedWithoutATrigger) {
  TestDriver driver;
  driver.Interact("ada", "x", "click");
  driver.Close();
  driver.CloseUsers();
  for (int user = 0; user < 5; ++user) {
    driver.Interact(fmt::format("u{}", user), "x", "purchase");
    driver.Interact(fmt::format("u{}", user), "y", "purchase");
  }
  driver.Close();
  driver.CloseUsers();
  ASSERT_TRUE(driver.Recommends("ada", "y"));
  EXPECT_FALSE(driver.lists.at("ada").trigger.has_value());
}

TEST(Hiding, DismissedItemsStayAwayUntilUndone) {
  TestDriver driver(WithoutRefresh());
  Crowd(driver);
  driver.Interact("ada", "a");
  driver.GiveFeedback("ada", "c", "dismiss");
  driver.CloseUsers();
  EXPECT_FALSE(driver.Recommends("ada", "c"));
  driver.GiveFeedback("ada", "c", "undo");
  driver.CloseUsers();
  EXPECT_TRUE(driver.Recommends("ada", "c"));
}

TEST(Hiding, AListThatLostItsLastItemIsPublishedEmpty) {
  TestDriver driver(WithoutRefresh());
  driver.Interact("bob", "a");
  driver.Close();
  driver.Interact("ada", "b");
  driver.CloseUsers();
  ASSERT_TRUE(driver.Recommends("ada", "a"));
  driver.GiveFeedback("ada", "a", "dismiss");
  driver.CloseUsers();
  ASSERT_EQ(driver.published.size(), 1U);
  EXPECT_TRUE(driver.published.front().items.empty());
  driver.GiveFeedback("ada", "a", "dismiss");
  driver.CloseUsers();
  EXPECT_TRUE(driver.published.empty());
}

TEST(Hiding, NotNowEndsAtItsTime) {
  TestDriver driver(WithoutRefresh());
  Crowd(driver);
  driver.Interact("ada", "a");
  driver.GiveFeedback("ada", "c", "dismiss", fmt::format(R"(,"until":{})", driver.now_ms + 60'000));
  driver.CloseUsers();
  EXPECT_FALSE(driver.Recommends("ada", "c"));
  driver.now_ms += 60'000;
  driver.Interact("ada", "b");
  driver.CloseUsers();
  EXPECT_TRUE(driver.Recommends("ada", "c"));
}

TEST(Hiding, HiddenItemsComeBackWhenTheEventIsRetracted) {
  TestDriver driver(WithoutRefresh());
  Crowd(driver);
  driver.Interact("ada", "a");
  for (const std::string type : {"already_know", "dismiss", "not_interested"}) {
    driver.Interact("ada", "c", type, "hide-" + type);
    driver.CloseUsers();
    EXPECT_FALSE(driver.Recommends("ada", "c")) << type;
    driver.Retract("ada", "hide-" + type);
    driver.CloseUsers();
    EXPECT_TRUE(driver.Recommends("ada", "c")) << type;
  }
}

TEST(Hiding, ItemsThatLeftTheCatalogueLeaveTheLists) {
  TestDriver driver;
  for (char item = 'a'; item <= 'j'; ++item) driver.Catalogue(std::string(1, item));
  Crowd(driver);
  driver.Interact("ada", "a");
  driver.CloseUsers();
  ASSERT_TRUE(driver.Recommends("ada", "d"));
  driver.Catalogue("d", true);
  driver.Learn();
  driver.Interact("ada", "b");
  driver.CloseUsers();
  EXPECT_FALSE(driver.Recommends("ada", "d"));
  ASSERT_NE(driver.Item("d"), nullptr);
  EXPECT_FALSE(driver.Item("d")->in_catalogue);
  EXPECT_EQ(driver.Item("e")->title, "Title of e");
}

TEST(Evidence, AClickOnAListCountsAsOne) {
  TestDriver driver(WithoutRefresh());
  Crowd(driver);
  const std::uint64_t before = driver.Item("b")->events;
  driver.GiveFeedback("ada", "b", "click", R"(,"event_id":"f-1")");
  driver.Close();
  EXPECT_EQ(driver.Item("b")->events, before + 1);
  EXPECT_FALSE(driver.Recommends("ada", "b"));
  const RecommendationList& list = driver.lists.at("ada");
  EXPECT_EQ(list.trigger->topic, "feedback");
  bool named = false;
  for (const RecommendedItem& item : list.items) {
    for (const Reason& reason : item.reasons) {
      for (const std::string& id : reason.evidence.event_ids) named = named || id == "f-1";
    }
  }
  EXPECT_TRUE(named);
}

TEST(Outcomes, EveryBadRecordGivesOneDeadLetter) {
  TestDriver driver;
  driver.Send(TestDriver::kInteractions, "u", std::nullopt);
  driver.Send(TestDriver::kInteractions, "u", "{not json");
  driver.Send(TestDriver::kInteractions, "u", R"({"user_id":"u","type":"click"})");
  driver.Send(TestDriver::kRatings, "u", R"({"user_id":"u","item_id":"i","rating":"many"})");
  driver.Send(TestDriver::kFeedback, "u", std::string(100, '\0'));
  driver.Interact("u", "i", "teleport");
  driver.Interact("u", "i", "click", "future",
                  fmt::format(R"(,"occurred_at":{})", driver.now_ms + 3600 * 1000));
  EXPECT_EQ(driver.user.counts.rejected, 7);
  ASSERT_EQ(driver.user.letters.size(), 7U);
  EXPECT_EQ(driver.user.letters.back().reason_code, "bad_time");
  EXPECT_EQ(driver.user.watermark().ms, 0) << "what is refused does not move the watermark";
  // The id of a refused event is not taken: the corrected event counts.
  driver.Interact("u", "i", "click", "future");
  driver.Close();
  EXPECT_EQ(driver.user.counts.accepted, 1);
  EXPECT_EQ(driver.Item("i")->events, 1U);
}

}  // namespace
}  // namespace freshet::test
