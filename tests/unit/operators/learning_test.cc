// What events teach the items, counted once, and what taking them back leaves.
#include <gtest/gtest.h>

#include "models/decay.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

double Popularity(const TestDriver& driver, const std::string& item_id) {
  const ItemModel* item = driver.Item(item_id);
  if (item == nullptr) return 0;
  return ValueAt(item->popularity[2], {driver.now_ms}, ItemModelOptions().half_lives[2]);
}

float Forward(const TestDriver& driver, const std::string& from, const std::string& to) {
  const ItemModel* item = driver.Item(from);
  if (item == nullptr) return 0;
  for (const RowCell& cell : item->row) {
    if (cell.item == KeyOfItem(to)) return cell.forward;
  }
  return 0;
}

TEST(Duplicates, CountOnceWithinABatchAndAcrossBatches) {
  TestDriver driver;
  driver.Interact("ada", "a", "click", "e-1");
  driver.Interact("ada", "a", "click", "e-1");
  driver.Close();
  driver.Interact("ada", "b", "purchase", "e-1");
  driver.Close();
  EXPECT_EQ(driver.user.counts.duplicate, 2);
  EXPECT_EQ(driver.Item("a")->events, 1U);
  EXPECT_EQ(driver.Item("b"), nullptr);
  driver.Interact("bob", "a", "click", "e-1");
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 2U) << "an id is a user's own";
}

TEST(Duplicates, AreNeverEventsWithoutAnId) {
  TestDriver driver;
  for (int i = 0; i < 3; ++i) driver.Interact("ada", "a");
  driver.Close();
  EXPECT_EQ(driver.user.counts.duplicate, 0);
  EXPECT_EQ(driver.Item("a")->events, 3U);
}

TEST(Duplicates, AreKnownAcrossThousandsOfIdsAndForgottenAfterTheWindow) {
  TestDriver driver;
  const auto send = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      driver.Interact("ada", fmt::format("i{}", i % 50), "view", fmt::format("e-{}", i));
      if (i % 100 == 99) driver.CloseUsers();
    }
    driver.CloseUsers();
  };
  send(0, 2500);
  EXPECT_EQ(driver.user.counts.duplicate, 0);
  for (const int again : {0, 31, 32, 33, 500, 1999, 2499}) {
    driver.Interact("ada", "i0", "view", fmt::format("e-{}", again));
  }
  EXPECT_EQ(driver.user.counts.duplicate, 7);
  driver.CloseUsers();
  driver.now_ms += 8LL * 24 * 3600 * 1000;
  send(3000, 3100);
  EXPECT_EQ(driver.user.counts.duplicate, 7);
  driver.Interact("ada", "i0", "view", "e-500");
  EXPECT_EQ(driver.user.counts.duplicate, 7) << "older than the window";
  driver.Interact("ada", "i0", "view", "e-3001");
  EXPECT_EQ(driver.user.counts.duplicate, 8);
}

TEST(Retraction, LeavesTheItemsAsIfTheEventHadNotBeen) {
  TestDriver with;
  TestDriver without;
  for (TestDriver* driver : {&with, &without}) {
    driver->Interact("ada", "a", "click", "1");
    driver->Interact("ada", "b", "click", "2");
    if (driver == &with) {
      driver->Interact("ada", "c", "purchase", "3");
    } else {
      driver->now_ms += 1000;
    }
    driver->Close();
    driver->Interact("ada", "d", "click", "4");
    driver->Interact("ada", "a", "like", "5");
    driver->Close();
  }
  ASSERT_GT(Forward(with, "b", "c"), 0);
  with.Retract("ada", "3");
  with.Close();
  without.now_ms = with.now_ms;
  for (const std::string item : {"a", "b", "c", "d"}) {
    EXPECT_NEAR(Popularity(with, item), Popularity(without, item), 1e-9) << item;
    for (const std::string other : {"a", "b", "c", "d"}) {
      EXPECT_NEAR(Forward(with, item, other), Forward(without, item, other), 1e-4) << item << " " << other;
    }
  }
  EXPECT_EQ(with.Item("c")->events, 0U);
  with.Interact("ada", "b", "click");
  with.CloseUsers();
  for (const RecommendedItem& item : with.lists["ada"].items) {
    for (const Reason& reason : item.reasons) EXPECT_NE(reason.evidence.item_id, "c");
  }
}

TEST(Retraction, OfAnUnknownOrRetractedEventChangesNothing) {
  TestDriver driver;
  driver.Interact("ada", "a", "click", "1");
  driver.Interact("ada", "b", "click", "2");
  driver.Close();
  driver.Retract("ada", "never-sent");
  driver.Retract("bob", "1");
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 1U);
  driver.Retract("ada", "1");
  driver.Retract("ada", "1");
  driver.Close();
  driver.Retract("ada", "1");
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 0U);
  EXPECT_NEAR(Popularity(driver, "a"), 0, 1e-12);
  EXPECT_EQ(driver.Item("b")->events, 1U);
  EXPECT_EQ(driver.user.counts.accepted, 7);
}

TEST(Ratings, TheLastByRatedAtWinsWhateverTheOrder) {
  TestDriver driver;
  driver.Interact("ada", "z");
  driver.Rate("ada", "a", "5", TestDriver::kStart + 500);
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 1U);
  driver.Rate("ada", "a", "1", TestDriver::kStart + 400);
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 1U);
  EXPECT_EQ(driver.Item("a")->ratings, 1U);
  const auto ada = UserState::Load(driver.user.state(), "ada", {});
  ASSERT_TRUE(ada.ok());
  ASSERT_EQ(ada->history().size(), 2U);
  EXPECT_EQ(ada->history().back().weight, 8) << "an older rating that comes late changes nothing";
}

TEST(Ratings, ANewOneTakesTheOldOnesPlaceAndNullTakesItAway) {
  TestDriver driver;
  driver.Interact("ada", "z");
  driver.Rate("ada", "a", "5", TestDriver::kStart + 500);
  driver.Close();
  const float once = Forward(driver, "z", "a");
  EXPECT_GT(once, 0);
  driver.Rate("ada", "a", "5", TestDriver::kStart + 600);
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 1U);
  EXPECT_NEAR(Forward(driver, "z", "a"), once, 1e-4);
  driver.Rate("ada", "a", "null", TestDriver::kStart + 700);
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 0U);
  EXPECT_NEAR(Forward(driver, "z", "a"), 0, 1e-4);
  EXPECT_NEAR(Popularity(driver, "a"), 0, 1e-9);
}

TEST(Ratings, AreTakenBackByTheirEventId) {
  TestDriver driver;
  driver.Interact("ada", "z");
  driver.Send(TestDriver::kRatings, "ada", R"({"user_id":"ada","item_id":"a","rating":5,"event_id":"r-1"})");
  driver.Close();
  driver.Retract("ada", "r-1");
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 0U);
  // Nothing is taken back twice.
  driver.Rate("ada", "a", "4", driver.now_ms);
  driver.Close();
  EXPECT_EQ(driver.Item("a")->events, 1U);
}

}  // namespace
}  // namespace freshet::test
