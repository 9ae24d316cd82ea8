// Dismissals of more than one item: by provider, skill, topic, and of what is similar.
#include <gtest/gtest.h>

#include <set>

#include "operators/item_facets.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

UserOperatorOptions Options() {
  UserOperatorOptions options = UserOptions();
  options.publish.refresh_users = 0;
  return options;
}

/// A shop of eight items that a crowd bought in all orders, and ada who bought the first.
class Scopes : public ::testing::Test {
 protected:
  void SetUp() override {
    Describe("a", R"(,"provider":"acme","categories":["garden/tools"])");
    Describe("b", R"(,"provider":"acme","categories":["garden/tools/rakes","sale"])");
    Describe("c", R"(,"provider":"bolt","categories":["garden/tools"],"tags":["red"])");
    Describe("d", R"(,"provider":"bolt","categories":["garden"])");
    Describe("e", R"(,"teaches":[{"skill_id":"s:sow","weight":0.2},{"skill_id":"s:dig","weight":0.9}])");
    Describe("f", R"(,"teaches":[{"skill_id":"s:dig"}])");
    Describe("g", R"(,"teaches":[{"skill_id":"s:sow"}],"tags":["red","old"])");
    Describe("h", R"(,"tags":["red"])");
    driver.Learn();
    for (int user = 0; user < 8; ++user) {
      for (int item = 0; item < 8; ++item)
        driver.Interact(fmt::format("u{}", user),
                        std::string(1, static_cast<char>('a' + (item * 3 + user) % 8)));
      driver.Close();
    }
    driver.Interact("ada", "z", "click");
    driver.Close();
    driver.Interact("ada", "z", "view");
    driver.CloseUsers();
  }
  void Describe(const std::string& item_id, const std::string& more) {
    Record record;
    record.key = item_id;
    record.value = fmt::format(R"({{"item_id":"{}","item_type":"product","title":"T"{}}})", item_id, more);
    record.timestamp = {driver.now_ms};
    driver.item.Feed(1, std::move(record));
  }
  void Dismiss(const std::string& item_id, const std::string& scope, const std::string& more = "") {
    driver.GiveFeedback("ada", item_id, "dismiss", fmt::format(R"(,"scope":"{}"{})", scope, more));
    driver.CloseUsers();
  }
  std::string Listed() {
    std::set<std::string> items;
    for (const RecommendedItem& item : driver.lists["ada"].items) items.insert(item.item_id);
    std::string all;
    for (const std::string& item : items) all += item;
    return all;
  }
  TestDriver driver{Options()};
};

TEST_F(Scopes, AnItemIsItselfAlone) {
  ASSERT_EQ(Listed(), "abcdefgh");
  Dismiss("a", "item");
  EXPECT_EQ(Listed(), "bcdefgh");
  EXPECT_EQ(driver.lists["ada"].filtered.dismissed, 1);
}

TEST_F(Scopes, AProviderIsAllItsItems) {
  Dismiss("a", "provider");
  EXPECT_EQ(Listed(), "cdefgh");
  EXPECT_EQ(driver.lists["ada"].filtered.dismissed, 2);
}

TEST_F(Scopes, ATopicIsTheMainCategoryAndWhatLiesBelow) {
  Dismiss("a", "topic");
  EXPECT_EQ(Listed(), "defgh") << "garden/tools with its rakes, not all of the garden";
  EXPECT_EQ(driver.lists["ada"].filtered.dismissed, 3);
}

TEST_F(Scopes, ATopicIsTheFirstTagWhereThereIsNoCategory) {
  Dismiss("h", "topic");
  EXPECT_EQ(Listed(), "abdef");
}

TEST_F(Scopes, ASkillIsWhatAnItemIsMostAbout) {
  Dismiss("e", "skill");
  EXPECT_EQ(Listed(), "abcdgh");
}

TEST_F(Scopes, SimilarIsWhatComesWithIt) {
  driver.Interact("eve", "x");
  driver.Interact("eve", "b");
  driver.Close();
  Dismiss("x", "similar");
  EXPECT_EQ(Listed(), "acdefgh");
  for (int list = 0; list < 5; ++list) {
    driver.Interact("ada", fmt::format("n{}", list));
    driver.Close();
    EXPECT_FALSE(driver.Recommends("ada", "b"));
  }
}

TEST_F(Scopes, WithoutTheAttributeOnlyTheItemIsMeant) {
  Dismiss("h", "provider");
  EXPECT_EQ(Listed(), "abcdefg");
  Dismiss("never-heard-of", "provider");
  EXPECT_EQ(Listed(), "abcdefg");
}

TEST_F(Scopes, UndoRetractionAndTimeEndThemWhole) {
  Dismiss("a", "provider", R"(,"event_id":"d-1")");
  Dismiss("a", "topic");
  EXPECT_EQ(Listed(), "defgh");
  driver.Retract("ada", "d-1");
  driver.CloseUsers();
  EXPECT_EQ(Listed(), "defgh") << "the topic stays dismissed";
  driver.GiveFeedback("ada", "a", "undo");
  driver.CloseUsers();
  EXPECT_EQ(Listed(), "abcdefgh");
  Dismiss("a", "provider", fmt::format(R"(,"until":{})", driver.now_ms + 60'000));
  EXPECT_EQ(Listed(), "cdefgh");
  driver.now_ms += 60'000;
  driver.Interact("ada", "z", "view");
  driver.CloseUsers();
  EXPECT_EQ(Listed(), "abcdefgh");
}

TEST_F(Scopes, FollowTheCatalogue) {
  Dismiss("a", "provider");
  Describe("d", R"(,"provider":"acme")");
  driver.Learn();
  driver.Interact("ada", "z", "view");
  driver.CloseUsers();
  EXPECT_EQ(Listed(), "cefgh") << "d is acme's now";
}

TEST(ItemFacets, MainOnesComeFirstAndAreBounded) {
  CatalogueItem item;
  item.item_id = "s:dig";
  item.item_type = "skill";
  item.provider = "acme";
  item.teaches = {{"s:sow", {}, 0.5}, {"s:rake", {}, {}}};
  item.categories = {"a/b/c", "a/d"};
  item.tags = {"red", "a"};
  const auto topic = [](std::string_view name) { return Facet{Facet::Kind::kTopic, Hash64(name)}; };
  const auto skill = [](std::string_view name) { return Facet{Facet::Kind::kSkill, Hash64(name)}; };
  const std::vector<Facet> wanted = {{Facet::Kind::kProvider, Hash64("acme")},
                                     skill("s:dig"),
                                     skill("s:rake"),
                                     skill("s:sow"),
                                     topic("a/b/c"),
                                     topic("a/b"),
                                     topic("a"),
                                     topic("a/d"),
                                     topic("red")};
  EXPECT_EQ(FacetsOf(item), wanted);
  for (int i = 0; i < 100; ++i) item.tags.push_back(fmt::format("tag-{}", i));
  EXPECT_EQ(FacetsOf(item).size(), kItemFacetsMax);
}

}  // namespace
}  // namespace freshet::test
