// Tastes: what ratings teach items through deltas, and how that is taken back.
#include <gtest/gtest.h>

#include <cmath>

#include "models/taste_model.h"
#include "operators/rating_predictor.h"
#include "operators/taught_taste.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

/// People of two camps, each of which likes the films that the other does not.
int StarsOf(int user, int film) { return (user % 2) == (film % 2) ? 5 : 1; }
std::string Person(int user) { return fmt::format("p{}", user); }
std::string Film(int film) { return fmt::format("f{}", film); }

void RateAs(TestDriver& driver, int user, int film) {
  driver.Send(TestDriver::kRatings, Person(user),
              fmt::format(R"({{"user_id":"{}","item_id":"{}","rating":{},"event_id":"{}-{}"}})", Person(user),
                          Film(film), StarsOf(user, film), user, film));
  driver.Close();
}

double Predicted(TestDriver& driver, int user, int film) {
  RatingPredictor predictor(UserOptions());
  const auto state = UserState::Load(driver.user.state(), Person(user), {});
  EXPECT_TRUE(state.ok());
  return predictor.Predict(*state, *driver.view, KeyOfItem(Film(film)), {driver.now_ms}).value;
}

void ExpectNearTastes(const ItemModel* a, const ItemModel* b, double tolerance) {
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  for (std::size_t k = 0; k < kTaste; ++k) EXPECT_NEAR(a->taste.mean[k], b->taste.mean[k], tolerance) << k;
  EXPECT_NEAR(a->taste.variance, b->taste.variance, tolerance);
  EXPECT_NEAR(a->taste.bias_variance, b->taste.bias_variance, tolerance);
}

TEST(RatingTaste, PredictsWhatTheCampLikes) {
  TestDriver driver;
  for (int film = 0; film < 12; ++film) {
    for (int user = 0; user < 10; ++user) RateAs(driver, user, (film + user * 5) % 12);
  }
  for (int film = 0; film < 6; ++film) RateAs(driver, 10, film);
  for (int film = 8; film < 12; ++film) {
    const double predicted = Predicted(driver, 10, film);
    if (StarsOf(10, film) == 5)
      EXPECT_GT(predicted, 3.5) << film;
    else
      EXPECT_LT(predicted, 2.5) << film;
  }
  EXPECT_GT(driver.view->Global().rating_weights.size(), 0U);
}

TEST(RatingTaste, AStrangerAndAnUnknownItemHaveAPrediction) {
  TestDriver driver;
  driver.Close();
  EXPECT_NEAR(Predicted(driver, 1, 1), 3, 1e-9);
  RateAs(driver, 0, 0);
  EXPECT_TRUE(std::isfinite(Predicted(driver, 1, 0)));
  EXPECT_TRUE(std::isfinite(Predicted(driver, 0, 7)));
}

TEST(RatingTaste, OfARetractedRatingIsForgotten) {
  TestDriver with;
  TestDriver without;
  for (TestDriver* driver : {&with, &without}) {
    for (int user = 0; user < 6; ++user) {
      for (int film = 0; film < 5; ++film) RateAs(*driver, user, film);
    }
  }
  RateAs(with, 6, 3);  // one person's only rating
  EXPECT_NE(with.Item("f3")->taste.mean[0], without.Item("f3")->taste.mean[0]);
  with.Retract(Person(6), "6-3");
  with.Close();
  without.Close();
  ExpectNearTastes(with.Item("f3"), without.Item("f3"), 1e-4);
  RateAs(with, 6, 7);
  with.Retract(Person(6), "6-7");
  with.Close();
  EXPECT_FALSE(with.Item("f7")->taste.known()) << "nobody rated it";
}

TEST(RatingTaste, OfARatingThatIsReplacedCountsOnce) {
  TestDriver driver;
  for (int film = 0; film < 4; ++film) RateAs(driver, 0, film);
  driver.Rate(Person(0), "f1", "2", driver.now_ms + 2000);
  driver.Close();
  driver.Rate(Person(0), "f2", "null", driver.now_ms + 2000);
  driver.Close();
  EXPECT_FALSE(driver.Item("f2")->taste.known()) << "its only rating was removed";
  const auto taught = LoadTaughtTaste(driver.user.state(), Person(0));
  ASSERT_TRUE(taught.has_value());
  TasteSums sums;
  sums.Add(*taught, 2);
  ItemModel expected;
  expected.taste = sums.Solve(KeyOfItem("f1"), {});
  ExpectNearTastes(driver.Item("f1"), &expected, 1e-4);
}

/// Sums after many teachings anew are those of one teaching by what the user taught last.
TEST(RatingTaste, IsTaughtByEachRatingOnce) {
  TestDriver driver;
  for (int film = 0; film < 60; ++film) RateAs(driver, 0, film);
  const auto taught = LoadTaughtTaste(driver.user.state(), Person(0));
  ASSERT_TRUE(taught.has_value());
  EXPECT_LT(taught->ratings, 60U);
  EXPECT_FALSE(DueForTeaching(60, taught->ratings));
  for (int film = 0; film < 60; ++film) {
    TasteSums sums;
    sums.Add(*taught, static_cast<float>(StarsOf(0, film)));
    ItemModel expected;
    expected.taste = sums.Solve(KeyOfItem(Film(film)), {});
    ExpectNearTastes(driver.Item(Film(film)), &expected, 1e-3);
  }
}

TEST(RatingTaste, OfOneWhoIsIdentifiedIsTaughtByTheOneUser) {
  TestDriver driver;
  for (int film = 0; film < 8; ++film) RateAs(driver, 1, film);
  for (int film = 6; film < 12; ++film) RateAs(driver, 2, film);
  driver.Interact(Person(2), "", "identify", "", fmt::format(R"(,"anonymous_id":"{}")", Person(1)));
  driver.Close();
  EXPECT_FALSE(LoadTaughtTaste(driver.user.state(), Person(1)).has_value());
  const auto taught = LoadTaughtTaste(driver.user.state(), Person(2));
  ASSERT_TRUE(taught.has_value());
  const auto state = UserState::Load(driver.user.state(), Person(2), {});
  std::size_t rated = 0;
  for (const HistoryEvent& event : state->history()) {
    if (!IsRated(event)) continue;
    ++rated;
    TasteSums sums;
    sums.Add(*taught, event.rating);
    ItemModel expected;
    expected.taste = sums.Solve(event.item, {});
    ExpectNearTastes(driver.view->Find(event.item), &expected, 1e-3);
  }
  EXPECT_EQ(rated, 12U);
}

TEST(RatingTaste, OfAnAbortedBatchIsTaughtOnce) {
  TestDriver driver;
  TestDriver straight;
  for (TestDriver* each : {&driver, &straight}) {
    for (int film = 0; film < 5; ++film) RateAs(*each, 0, film);
    for (const bool after_close : {false, true}) {
      Record record;
      record.key = Person(0);
      record.value = R"({"user_id":"p0","item_id":"f9","rating":4,"event_id":"late"})";
      record.timestamp = {each->now_ms + 1000};
      if (each == &straight) continue;
      each->user.Feed(TestDriver::kRatings, record);
      each->user.Abort(after_close);
    }
    each->Send(TestDriver::kRatings, Person(0),
               R"({"user_id":"p0","item_id":"f9","rating":4,"event_id":"late"})");
    each->Close();
  }
  EXPECT_EQ(driver.user.Committed(), straight.user.Committed());
  EXPECT_EQ(driver.Item("f9")->taste.mean, straight.Item("f9")->taste.mean);
}

}  // namespace
}  // namespace freshet::test
