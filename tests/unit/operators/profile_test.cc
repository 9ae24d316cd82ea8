// Profiles: what they ask for is recommended before the user did anything.
#include <gtest/gtest.h>

#include "state/keys.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

/// A library of gardening, with three courses about the cloud that nobody took.
struct Library {
  Library() {
    for (int i = 0; i < 3; ++i) Enter(fmt::format("cloud-{}", i), "cloud");
    for (int i = 0; i < 30; ++i) {
      Enter(fmt::format("garden-{}", i), "gardening");
      driver.Interact(fmt::format("reader-{}", i), fmt::format("garden-{}", i));
    }
    driver.Close();
  }
  void Enter(const std::string& item_id, const std::string& tag) {
    Record record;
    record.key = item_id;
    record.value = fmt::format(R"({{"item_id":"{}","item_type":"course","title":"{}","tags":["{}"]}})",
                               item_id, item_id, tag);
    record.timestamp = {driver.now_ms};
    driver.item.Feed(1, std::move(record));
  }
  void Profile(const std::string& user_id, const std::string& more) {
    driver.Send(TestDriver::kProfiles, user_id, fmt::format(R"({{"user_id":"{}"{}}})", user_id, more));
    driver.Close();
  }
  const RecommendedItem& First(const std::string& user_id) { return driver.lists.at(user_id).items.at(0); }
  static UserOperatorOptions WithContent() {
    UserOperatorOptions options = UserOptions();
    options.rank.content = true;
    return options;
  }
  TestDriver driver{WithContent()};
};

const char* const kCloud = R"(,"interests":["cloud"])";

TEST(Profiles, AUserWithoutHistoryGetsWhatTheProfileAsksFor) {
  Library library;
  library.Profile("new", kCloud);
  const RecommendedItem& first = library.First("new");
  EXPECT_EQ(first.item_id.substr(0, 5), "cloud");
  ASSERT_FALSE(first.reasons.empty());
  EXPECT_EQ(first.reasons[0].code, "MATCHES_INTEREST");
  EXPECT_EQ(first.reasons[0].part, "content");
  EXPECT_EQ(library.driver.lists.at("new").trigger->topic, "profiles");
}

TEST(Profiles, TheLaterOneReplacesTheOther) {
  Library library;
  library.Profile("new", R"(,"interests":["gardening"],"updated_at":2000)");
  EXPECT_EQ(library.First("new").item_id.substr(0, 6), "garden");
  library.Profile("new", R"(,"interests":["cloud"],"updated_at":1000)");
  EXPECT_EQ(library.First("new").item_id.substr(0, 6), "garden") << "an older one came late";
  library.Profile("new", R"(,"interests":["cloud"],"updated_at":3000)");
  EXPECT_EQ(library.First("new").item_id.substr(0, 5), "cloud");
}

TEST(Profiles, ATombstoneLeavesNothing) {
  Library library;
  const auto before = library.driver.user.Committed();
  library.Profile("new", kCloud);
  EXPECT_NE(library.driver.user.Committed().count(KeyBuilder(kProfileTable).Text("new").Take()), 0u);
  library.driver.Send(TestDriver::kProfiles, "new", std::nullopt);
  library.driver.Close();
  EXPECT_EQ(library.driver.user.Committed().count(KeyBuilder(kProfileTable).Text("new").Take()), 0u);
  EXPECT_EQ(library.driver.user.counts.rejected, 0);
}

TEST(Profiles, OneThatSaysNothingIsNoProfile) {
  Library library;
  library.Profile("new", R"(,"languages":["de"])");
  EXPECT_EQ(library.driver.lists.count("new"), 0u);
  EXPECT_EQ(library.driver.user.Committed().count(KeyBuilder(kProfileTable).Text("new").Take()), 0u);
}

TEST(Profiles, OfAnIdThatWasIdentifiedGoToItsUser) {
  Library library;
  library.driver.Interact("visitor", "garden-1");
  library.driver.Close();
  library.driver.Interact("known", "", "identify", "", R"(,"anonymous_id":"visitor")");
  library.driver.Close();
  library.Profile("visitor", kCloud);
  EXPECT_NE(library.driver.user.Committed().count(KeyBuilder(kProfileTable).Text("known").Take()), 0u);
  library.driver.Send(TestDriver::kProfiles, "visitor", std::nullopt);
  library.driver.Close();
  EXPECT_EQ(library.driver.user.Committed().count(KeyBuilder(kProfileTable).Text("known").Take()), 0u);
}

TEST(Profiles, ADamagedOneIsADeadLetter) {
  Library library;
  library.Profile("new", kCloud);
  library.driver.user.state().Put(KeyBuilder(kProfileTable).Text("new").Take(), "damaged");
  library.Profile("new", kCloud);
  ASSERT_FALSE(library.driver.user.letters.empty());
  EXPECT_EQ(library.driver.user.letters.back().path, "/user_id");
}

}  // namespace
}  // namespace freshet::test
