// Segments: what users alike take is counted, recommended, explained, and taken back.
#include <gtest/gtest.h>

#include <cmath>

#include "models/segment_sums.h"
#include "rank/segment_lifts.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

class Segments : public ::testing::Test {
 protected:
  static UserOperatorOptions WithSegments() {
    UserOperatorOptions options = UserOptions();
    options.rank.segments = true;
    return options;
  }
  void Profile(const std::string& user_id, const std::string& occupation) {
    driver.Send(TestDriver::kProfiles, user_id,
                fmt::format(R"({{"user_id":"{}","occupation":"{}"}})", user_id, occupation));
  }
  double Count(const std::string& item_id, std::uint64_t segment) {
    const ItemModel* item = driver.Item(item_id);
    return item == nullptr
               ? 0
               : std::round(static_cast<double>(SegmentWeight(item->segments, segment)) * 100) / 100;
  }
  /// The landmark's worth of one event: all events of a test are within an hour.
  double One(const std::string& item_id) { return Count(item_id, 1) + Count(item_id, 2) + Count(item_id, 3); }
  TestDriver driver{WithSegments()};
};

TEST_F(Segments, BeginnersAreCountedByTheirPlace) {
  for (int i = 0; i < 12; ++i) driver.Interact("ada", fmt::format("i{}", i));
  driver.Close();
  for (int i = 0; i < 12; ++i) {
    const std::string item = fmt::format("i{}", i);
    const std::uint64_t own = BeginningOf(static_cast<std::uint64_t>(i));
    for (std::uint64_t segment = 1; segment <= 3; ++segment) {
      EXPECT_EQ(Count(item, segment) > 0, segment == own) << item << " in " << segment;
    }
  }
}

TEST_F(Segments, ANewUserGetsWhatOthersBeginWith) {
  for (int user = 0; user < 20; ++user) {
    const std::string id = fmt::format("u{}", user);
    driver.Interact(id, "door");
    for (int i = 0; i < 12; ++i) driver.Interact(id, i % 3 == 0 ? fmt::format("own{}", user) : "hit");
    driver.Close();
  }
  Profile("new", "smith");
  driver.Close();
  const auto& items = driver.lists.at("new").items;
  ASSERT_FALSE(items.empty());
  EXPECT_EQ(items[0].item_id, "door");
  ASSERT_FALSE(items[0].reasons.empty());
  EXPECT_EQ(items[0].reasons[0].part, "segments");
  EXPECT_EQ(items[0].reasons[0].text, "Often among the first things that people choose here");
}

TEST_F(Segments, AProfileCountsWhatItsUserTook) {
  const std::uint64_t smith = SegmentKey("occupation", "smith");
  const std::uint64_t baker = SegmentKey("occupation", "baker");
  Profile("ada", "smith");
  driver.Interact("ada", "anvil");
  driver.Close();
  EXPECT_GT(Count("anvil", smith), 0);
  EXPECT_EQ(Count("anvil", smith), One("anvil"));
  Profile("ada", "baker");
  driver.Close();
  EXPECT_EQ(Count("anvil", smith), 0) << "the user is no smith any more";
  EXPECT_EQ(Count("anvil", baker), One("anvil"));
  driver.Send(TestDriver::kProfiles, "ada", std::nullopt);
  driver.Close();
  EXPECT_EQ(Count("anvil", baker), 0);
}

TEST_F(Segments, ARetractedEventCountsNowhere) {
  Profile("ada", "smith");
  driver.Interact("ada", "anvil", "click", "e1");
  driver.Interact("ada", "hammer", "click", "e2");
  driver.Close();
  driver.Retract("ada", "e1");
  driver.Close();
  EXPECT_TRUE(driver.Item("anvil")->segments.cells.empty());
  EXPECT_FALSE(driver.Item("hammer")->segments.cells.empty());
}

TEST_F(Segments, WhatAVisitorTookCountsForTheUserItBecame) {
  Profile("ada", "smith");
  Profile("visitor", "baker");
  driver.Interact("visitor", "anvil");
  driver.Close();
  EXPECT_GT(Count("anvil", SegmentKey("occupation", "baker")), 0);
  driver.Interact("ada", "", "identify", "", R"(,"anonymous_id":"visitor")");
  driver.Close();
  EXPECT_EQ(Count("anvil", SegmentKey("occupation", "baker")), 0);
  EXPECT_EQ(Count("anvil", SegmentKey("occupation", "smith")), One("anvil"));
}

TEST_F(Segments, AreLiftedByTheProfile) {
  for (int user = 0; user < 400; ++user) {
    const std::string id = fmt::format("u{}", user);
    Profile(id, user % 2 == 0 ? "smith" : "baker");
    driver.Interact(id, user % 2 == 0 ? "anvil" : "oven");
    if (user % 40 == 39) driver.Close();
  }
  Profile("new", "smith");
  driver.Close();
  EXPECT_EQ(driver.lists.at("new").items[0].item_id, "anvil");
  EXPECT_EQ(driver.lists.at("new").items[0].reasons[0].text,
            "Chosen more often by people whose profile says occupation: smith");
  Profile("new", "baker");
  driver.Close();
  EXPECT_EQ(driver.lists.at("new").items[0].item_id, "oven");
}

TEST_F(Segments, NothingIsCountedWhereNothingReadsIt) {
  TestDriver plain;
  plain.Send(TestDriver::kProfiles, "ada", R"({"user_id":"ada","occupation":"smith"})");
  plain.Interact("ada", "anvil");
  plain.Close();
  EXPECT_TRUE(plain.Item("anvil")->segments.cells.empty());
}

}  // namespace
}  // namespace freshet::test
