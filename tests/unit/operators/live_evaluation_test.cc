// Lists are scored against what their users take next, and the scores are published.
#include "operators/live_evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "models/exact_math.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

using nlohmann::json;

/// A record after every scored list, over the last 20.
UserOperatorOptions Watched() {
  UserOperatorOptions options = UserOptions();
  options.publish.refresh_users = 0;
  options.evaluation.window = 20;
  return options;
}

/// Ten users buy the items a ... j, so that no item of theirs is left to recommend to them.
void Crowd(TestDriver& driver) {
  for (int user = 0; user < 10; ++user) {
    for (char item = 'a'; item <= 'j'; ++item) {
      driver.Interact(fmt::format("crowd-{}", user), std::string(1, item), "purchase");
    }
  }
  driver.Close();
}

class LiveEvaluations : public ::testing::Test {
 protected:
  explicit LiveEvaluations(const UserOperatorOptions& options = Watched()) : driver(options) {
    Crowd(driver);
    driver.evaluations.clear();
  }
  /// The last record of a model.
  json Last(const std::string& model) const {
    for (auto at = driver.evaluations.rbegin(); at != driver.evaluations.rend(); ++at) {
      if (at->key == model + ":ranking") return json::parse(*at->value);
    }
    return nullptr;
  }
  std::uint64_t Scored() const {
    return static_cast<std::uint64_t>(
        std::count_if(driver.evaluations.begin(), driver.evaluations.end(),
                      [](const OutputRecord& record) { return record.key == "hybrid:ranking"; }));
  }
  std::string Listed(const std::string& user, std::size_t place) const {
    return driver.lists.at(user).items.at(place - 1).item_id;
  }
  /// The place among the most popular items of the view that the user has not.
  std::size_t PlaceByPopularity(const std::string& item, const std::set<std::string>& had) const {
    std::size_t place = 1;
    for (const PopularItem& popular : driver.view->Popular(1)) {
      const std::string& id = driver.view->Find(popular.item)->item_id;
      if (id == item) return place;
      if (!had.contains(id)) ++place;
    }
    return 0;
  }
  TestDriver driver;
};

TEST_F(LiveEvaluations, ScoreAListAgainstWhatItsUserTakesNext) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  EXPECT_TRUE(driver.evaluations.empty()) << "there was no list before";
  const std::string taken = Listed("ada", 3);
  const std::size_t popular = PlaceByPopularity(taken, {"a"});
  driver.Interact("ada", taken);
  driver.CloseUsers();
  ASSERT_EQ(Scored(), 1U);
  const json hybrid = Last("hybrid");
  EXPECT_EQ(hybrid["n"], 1);
  EXPECT_EQ(hybrid["window"], "last 20 lists");
  EXPECT_EQ(hybrid["protocol"], "prequential");
  EXPECT_EQ(hybrid["metrics"]["recall@5"], 1);
  EXPECT_DOUBLE_EQ(hybrid["metrics"]["mrr@10"], 1.0 / 3);
  EXPECT_DOUBLE_EQ(hybrid["metrics"]["ndcg@10"], 0.5);
  EXPECT_EQ(hybrid["by"]["history_1-4"]["n"], 1);
  EXPECT_FALSE(hybrid["by"].contains("history_0"));
  EXPECT_EQ(hybrid["compare"]["other"], "popularity");
  EXPECT_EQ(hybrid["as_of"]["state_seq"], 3);
  const json popularity = Last("popularity");
  ASSERT_GE(popular, 1U);
  EXPECT_DOUBLE_EQ(popularity["metrics"]["mrr@10"], 1.0 / static_cast<double>(popular));
  EXPECT_DOUBLE_EQ(popularity["metrics"]["ndcg@20"], 1 / Log2(1 + static_cast<double>(popular)));
}

TEST_F(LiveEvaluations, SumWhatEachUserDid) {
  double reciprocal = 0;
  double by_popularity = 0;
  for (std::size_t place = 1; place <= 9; ++place) {
    const std::string user = fmt::format("user-{}", place);
    driver.Interact(user, "b");
    driver.CloseUsers();
    const std::string taken = Listed(user, place);
    reciprocal += 1.0 / static_cast<double>(place);
    by_popularity += 1.0 / static_cast<double>(PlaceByPopularity(taken, {"b"}));
    driver.Interact(user, taken);
    driver.CloseUsers();
  }
  ASSERT_EQ(Scored(), 9U);
  EXPECT_EQ(Last("hybrid")["n"], 9);
  EXPECT_NEAR(Last("hybrid")["metrics"]["mrr@20"], reciprocal / 9, 1e-15);
  EXPECT_NEAR(Last("popularity")["metrics"]["mrr@20"], by_popularity / 9, 1e-15);
}

TEST_F(LiveEvaluations, CountAnItemThatNobodyListedAsAMiss) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Interact("ada", "never seen");
  driver.CloseUsers();
  ASSERT_EQ(Scored(), 1U);
  EXPECT_EQ(Last("hybrid")["metrics"]["recall@20"], 0);
  EXPECT_EQ(Last("popularity")["metrics"]["recall@20"], 0);
  EXPECT_EQ(Last("hybrid")["compare"]["p"], 1);
}

TEST_F(LiveEvaluations, ScoreAListOnceAndEachListThatIsMade) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Interact("ada", "b");
  driver.Interact("ada", "c");  // without a list since the event before
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 1U);
  driver.Interact("ada", "d");
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 2U);
}

TEST_F(LiveEvaluations, OnlyNewItemsThatAreWantedAnswer) {
  driver.Interact("ada", "a", "click", "first");
  driver.CloseUsers();
  driver.Interact("ada", "b", "click", "first");                    // a duplicate
  driver.Interact("ada", "c", "not_interested");                    // says no
  driver.Interact("ada", "", "search", "", R"(,"query":"shoes")");  // names no item
  driver.Interact("ada", "a");                                      // has it already
  driver.Retract("ada", "first");
  driver.Interact("ada", "a");  // had it when the list was made
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 0U);
  driver.GiveFeedback("ada", "d", "click");
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 1U);
}

TEST_F(LiveEvaluations, RatingsAnswerWhereTheyLikeAndAreNew) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Rate("ada", "b", "1", driver.now_ms);
  EXPECT_EQ(Scored(), 0U);
  driver.Rate("ada", "c", "5", driver.now_ms);
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 1U);
  driver.Rate("ada", "c", "4", driver.now_ms + 1);
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 1U) << "the same item rated again";
}

TEST_F(LiveEvaluations, PredictedRatingsAreScoredBesideTheItemsMean) {
  for (int user = 0; user < 6; ++user) {
    driver.Rate(fmt::format("rater-{}", user), "c", "5", driver.now_ms);
    driver.Rate(fmt::format("rater-{}", user), "d", "2", driver.now_ms);
  }
  driver.Close();
  driver.evaluations.clear();
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Rate("ada", "c", "5", driver.now_ms);
  driver.CloseUsers();
  ASSERT_EQ(driver.evaluations.size(), 4U);
  EXPECT_EQ(json::parse(*driver.evaluations[2].value)["n"], 13) << "six raters of two items, and ada";
  driver.Rate("ada", "c", "4", driver.now_ms + 1);  // replaced: not scored
  driver.Interact("ada", "e");
  driver.CloseUsers();
  ASSERT_EQ(driver.evaluations.size(), 8U);
  const json hybrid = json::parse(*driver.evaluations[6].value);
  const json mean = json::parse(*driver.evaluations[7].value);
  EXPECT_EQ(driver.evaluations[6].key, "hybrid:rating");
  EXPECT_EQ(driver.evaluations[7].key, "item_mean:rating");
  EXPECT_EQ(hybrid["n"], 13) << "none came in place of another";
  EXPECT_GT(hybrid["metrics"]["rmse"], 0);
  EXPECT_DOUBLE_EQ(hybrid["metrics"]["mse"].get<double>(),
                   std::pow(hybrid["metrics"]["rmse"].get<double>(), 2));
  EXPECT_EQ(hybrid["compare"]["test"], "sign");
  EXPECT_EQ(hybrid["compare"]["wins"], mean["compare"]["losses"]);
}

TEST_F(LiveEvaluations, AnAbortedBatchLeavesNothing) {
  TestDriver calm(Watched());
  Crowd(calm);
  calm.evaluations.clear();
  for (const std::string item : {"a", "c", "e", "b", "unknown", "d"}) {
    for (const bool after_close : {false, true}) {
      driver.Interact("ada", item);
      driver.now_ms -= 1000;
      driver.user.Abort(after_close);
    }
    for (TestDriver* each : {&driver, &calm}) {
      each->Interact("ada", item);
      each->Close();
    }
  }
  ASSERT_EQ(driver.evaluations.size(), calm.evaluations.size());
  EXPECT_EQ(Scored(), 5U);
  for (std::size_t i = 0; i < calm.evaluations.size(); ++i) {
    EXPECT_EQ(driver.evaluations[i].value, calm.evaluations[i].value);
  }
  EXPECT_EQ(driver.user.Committed(), calm.user.Committed());
}

UserOperatorOptions Challenged() {
  UserOperatorOptions options = Watched();
  options.evaluation.challenger = "transitions";
  return options;
}

class Challenges : public LiveEvaluations {
 protected:
  Challenges() : LiveEvaluations(Challenged()) {}
};

TEST_F(Challenges, ScoreTheListsThatAGeneratorAloneWouldGive) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Interact("ada", "b");  // what followed in the crowd
  driver.CloseUsers();
  ASSERT_EQ(driver.evaluations.size(), 3U);
  const json challenger = Last("transitions");
  EXPECT_EQ(challenger["n"], 1);
  EXPECT_EQ(challenger["metrics"]["mrr@10"], 1);
  EXPECT_EQ(challenger["compare"]["other"], "hybrid");
  driver.Interact("bob", "j");
  driver.CloseUsers();
  driver.Interact("bob", "a");  // nothing followed the last item
  driver.CloseUsers();
  EXPECT_EQ(Last("transitions")["n"], 2);
}

UserOperatorOptions Unwatched() {
  UserOperatorOptions options = Watched();
  options.evaluation.on = false;
  return options;
}

class Unobserved : public LiveEvaluations {
 protected:
  Unobserved() : LiveEvaluations(Unwatched()) {}
};

TEST_F(Unobserved, KeepsAndPublishesNothing) {
  for (const std::string item : {"a", "b", "c"}) {
    driver.Interact("ada", item);
    driver.CloseUsers();
  }
  EXPECT_TRUE(driver.evaluations.empty());
  EXPECT_FALSE(driver.user.Committed().contains("e"));
}

UserOperatorOptions Repeating() {
  UserOperatorOptions options = Watched();
  options.rank.allow_repeats = true;
  return options;
}

class Repeats : public LiveEvaluations {
 protected:
  Repeats() : LiveEvaluations(Repeating()) {}
};

TEST_F(Repeats, AnswerWhereTheyMayBeRecommended) {
  driver.Interact("ada", "a");
  driver.CloseUsers();
  driver.Interact("ada", "a");
  driver.CloseUsers();
  EXPECT_EQ(Scored(), 1U);
}

}  // namespace
}  // namespace freshet::test
