// Ratings count in lists: as a part of the score of their own, explained by what was rated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "test_driver.h"

namespace freshet::test {
namespace {

/// Two items that are alike but for their ratings, and ada who saw neither.
class RatedLists : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int user = 0; user < 12; ++user) {
      const std::string id = fmt::format("u{}", user);
      driver.Interact(id, "start");
      Rate(id, "good", 5);
      Rate(id, "bad", 3);
      Rate(id, "start", 4);
      driver.Close();
    }
  }
  void Rate(const std::string& user, const std::string& item, int stars) {
    driver.Rate(user, item, fmt::format("{}", stars), driver.now_ms);
  }
  const RecommendedItem* Find(const std::string& item_id) {
    const auto& items = driver.lists["ada"].items;
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const RecommendedItem& item) { return item.item_id == item_id; });
    return found == items.end() ? nullptr : &*found;
  }
  static double Part(const RecommendedItem& item, const std::string& name) {
    for (const ScorePart& part : item.score_parts) {
      if (part.name == name) return part.value;
    }
    return 0;
  }
  void ExpectAdditive() {
    for (const RecommendedItem& item : driver.lists["ada"].items) {
      double sum = 0;
      for (const ScorePart& part : item.score_parts) sum += part.value;
      EXPECT_NEAR(sum, item.score, 1e-6);
      std::map<std::string, double> explained;
      for (const Reason& reason : item.reasons) explained[reason.part] += reason.contribution;
      for (const auto& [part, contribution] : explained) EXPECT_LE(contribution, Part(item, part) + 1e-6);
    }
  }
  TestDriver driver;
};

TEST_F(RatedLists, AWellRatedItemStandsAboveOneThatIsNot) {
  driver.Interact("ada", "start");
  driver.CloseUsers();
  const RecommendedItem* good = Find("good");
  const RecommendedItem* bad = Find("bad");
  ASSERT_NE(good, nullptr);
  ASSERT_NE(bad, nullptr);
  EXPECT_GT(Part(*good, "ratings"), 0);
  EXPECT_LT(Part(*bad, "ratings"), 0);
  EXPECT_LT(good->rank, bad->rank);
  ExpectAdditive();
}

TEST_F(RatedLists, TheReasonSaysHowManyRatedItAndWhatIsPredicted) {
  ExplainOptions every;
  driver.Interact("ada", "start");
  driver.CloseUsers();
  const UserState ada = *UserState::Load(driver.user.state(), "ada", {});
  const ListBuilder builder((RankOptions()));
  RankScratch scratch(builder.options());
  every.reasons = 20;
  const Explainer explainer(builder, every);
  const ItemSet seen = ada.SeenItems(driver.user.state());
  UserSignals signals{ada.history(), seen, {}, {driver.now_ms}, 10, {}, {}, &ada.facts.ratings};
  const RankedList& list =
      builder.Build(signals, *driver.view, builder.WeightsFrom(driver.view->Global()), scratch);
  const std::vector<std::string> topics = {"interactions", "ratings", "feedback", "user-links"};
  bool told = false;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const RecommendedItem item = explainer.Explain(i, signals, *driver.view, {topics, {0}}, scratch);
    for (const Reason& reason : item.reasons) {
      if (reason.part != "ratings") continue;
      ASSERT_TRUE(reason.evidence.predicted_rating.has_value());
      EXPECT_GE(*reason.evidence.predicted_rating, 1);
      EXPECT_LE(*reason.evidence.predicted_rating, 5);
      if (item.item_id != "good" || reason.code != "POPULAR") continue;
      told = true;
      EXPECT_EQ(reason.evidence.count, 12);
      EXPECT_NE(reason.text.find("above the average by 12 people"), std::string::npos) << reason.text;
    }
  }
  EXPECT_TRUE(told);
}

TEST_F(RatedLists, ATasteForTheFactorsShowsInTheRating) {
  const ItemModel* good = driver.Item("good");
  ASSERT_NE(good, nullptr);
  ASSERT_TRUE(good->has_factor);
  const UserState one = *UserState::Load(driver.user.state(), "u11", {});
  EXPECT_NE(one.facts.ratings.slope, 0) << "ratings are learned with the affinity that the factors give";
}

TEST_F(RatedLists, WithoutRatingsThereIsNoSuchPart) {
  TestDriver plain;
  for (int user = 0; user < 5; ++user) {
    for (const std::string item : {"a", "b", "c"}) plain.Interact(fmt::format("u{}", user), item);
    plain.Close();
  }
  plain.Interact("ada", "a");
  plain.CloseUsers();
  ASSERT_FALSE(plain.lists["ada"].items.empty());
  for (const RecommendedItem& item : plain.lists["ada"].items) EXPECT_EQ(Part(item, "ratings"), 0);
}

}  // namespace
}  // namespace freshet::test
