// State after events and their retraction against state that never saw the events.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/decay.h"
#include "models/float_lanes.h"
#include "test_driver.h"

namespace freshet::test {
namespace {

constexpr int kItems = 12;
constexpr int kUsers = 10;

std::string ItemAt(int index) { return fmt::format("i{}", index); }

UserOperatorOptions EveryEventTeachesTheMix() {
  UserOperatorOptions options = UserOptions();
  options.mix_learn_fraction = 1;
  return options;
}

/// A crowd, and ada in the middle of it. What only `with` sees has ids that begin with "extra".
class TakingBack : public ::testing::Test {
 protected:
  void Story(int batch, bool extra) {
    for (TestDriver* driver : {&with, &without}) {
      for (int user = 0; user < kUsers; ++user) {
        const int item = (user * 5 + batch * 3) % kItems;
        driver->Interact(fmt::format("u{}", user), ItemAt(item), item % 3 == 0 ? "purchase" : "click",
                         fmt::format("e{}-{}", batch, user));
      }
      driver->Interact("ada", ItemAt(batch % kItems), "click", fmt::format("ada{}", batch));
      if (extra && driver == &with) {
        driver->Interact("ada", ItemAt((batch + 4) % kItems), "purchase", fmt::format("extra{}", batch));
      } else if (extra) {
        driver->now_ms += 1000;
      }
      driver->Close();
    }
  }
  void RetractExtras(int batches) {
    for (int batch = 0; batch < batches; ++batch) with.Retract("ada", fmt::format("extra{}", batch));
    with.Close();
    without.now_ms = with.now_ms;
    // Both worlds publish their items once more.
    for (TestDriver* driver : {&with, &without}) {
      for (int item = 0; item < kItems; ++item) driver->Catalogue(ItemAt(item));
      driver->Learn();
    }
  }
  void ExpectSameCounts() {
    for (int i = 0; i < kItems; ++i) {
      const ItemModel* a = with.Item(ItemAt(i));
      const ItemModel* b = without.Item(ItemAt(i));
      ASSERT_NE(a, nullptr);
      ASSERT_NE(b, nullptr);
      EXPECT_EQ(a->events, b->events) << a->item_id;
      for (std::size_t h = 0; h < kHalfLives; ++h) {
        const HalfLife half_life = ItemModelOptions().half_lives[h];
        EXPECT_NEAR(ValueAt(a->popularity[h], {with.now_ms}, half_life),
                    ValueAt(b->popularity[h], {with.now_ms}, half_life), 1e-9);
      }
      for (int j = 0; j < kItems; ++j) {
        const RowCell mine = Cell(*a, ItemAt(j));
        const RowCell theirs = Cell(*b, ItemAt(j));
        EXPECT_NEAR(mine.forward, theirs.forward, 1e-4) << i << " -> " << j;
        EXPECT_NEAR(mine.backward, theirs.backward, 1e-4) << i << " <- " << j;
      }
    }
  }
  static RowCell Cell(const ItemModel& item, const std::string& other) {
    for (const RowCell& cell : item.row) {
      if (cell.item == KeyOfItem(other)) return cell;
    }
    return {};
  }

  double MixApart() const {
    double sum = 0;
    const std::vector<double>& a = with.view->Global().mix.weights;
    const std::vector<double>& b = without.view->Global().mix.weights;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return sum;
  }
  float Apart(const std::string& item_id) const {
    const Factor& a = with.Item(item_id)->factor;
    const Factor& b = without.Item(item_id)->factor;
    return Dot(a, a) - 2 * Dot(a, b) + Dot(b, b);
  }

  TestDriver with{EveryEventTeachesTheMix()};
  TestDriver without{EveryEventTeachesTheMix()};
};

TEST_F(TakingBack, SeveralEventsLeaveCountsAndTransitionsAsIfTheyHadNotBeen) {
  for (int batch = 0; batch < 8; ++batch) Story(batch, batch < 5);
  RetractExtras(5);
  ExpectSameCounts();
  // What follows is counted as if they had not been, too.
  for (int batch = 8; batch < 11; ++batch) Story(batch, false);
  RetractExtras(0);
  ExpectSameCounts();
}

TEST_F(TakingBack, TheFactorsComeBackNearly) {
  for (int batch = 0; batch < 8; ++batch) Story(batch, batch >= 3 && batch < 7);
  float apart = 0;
  for (int i = 0; i < kItems; ++i) apart += Apart(ItemAt(i));
  RetractExtras(8);
  float left = 0;
  for (int i = 0; i < kItems; ++i) left += Apart(ItemAt(i));
  // The evidence is the same; the factors were solved at other moments, with other users' Gramians.
  EXPECT_LT(left, apart / 2);
}

TEST_F(TakingBack, ALessonOfTheMixIsTakenBack) {
  // Where the items are settled, as those of a lesson are when it is taken back.
  const auto newcomers = [](TestDriver& driver, int batch) {
    for (int user = 0; user < 6; ++user) {
      for (int step = 0; step < 3; ++step) {
        const int item = (user * 5 + batch * 3 + step * (1 + user % 2)) % kItems;
        driver.Interact(fmt::format("n{}-{}", batch, user), ItemAt(item), "click", fmt::format("{}", step));
      }
    }
    driver.Close();
  };
  for (TestDriver* driver : {&with, &without}) {
    for (int batch = 0; batch < 60; ++batch) newcomers(*driver, batch);
    driver->Interact("eve", ItemAt(1), "click", "1");
    driver->Interact("eve", ItemAt(2), "click", "2");
    driver->Close();
  }
  with.Interact("eve", ItemAt(7), "purchase", "extra");
  with.Close();
  without.now_ms = with.now_ms;
  for (TestDriver* driver : {&with, &without}) {
    for (int batch = 60; batch < 64; ++batch) newcomers(*driver, batch);
  }
  const double moved = MixApart();
  with.Retract("eve", "extra");
  with.Close();
  without.now_ms = with.now_ms;
  for (TestDriver* driver : {&with, &without}) {
    for (int batch = 64; batch < 68; ++batch) newcomers(*driver, batch);
  }
  const double left = MixApart();
  EXPECT_GT(moved, 0);
  EXPECT_LT(left, moved / 2) << "a Newton step of removal, at the weights and items of now";
}

TEST(TakingBackAtOnce, AnEventAndItsRetractionInOneBatchTeachNothing) {
  TestDriver with(EveryEventTeachesTheMix());
  TestDriver without(EveryEventTeachesTheMix());
  for (TestDriver* driver : {&with, &without}) {
    for (int user = 0; user < kUsers; ++user) {
      for (int item = 0; item < 4; ++item)
        driver->Interact(fmt::format("u{}", user), ItemAt((user + item) % kItems), "click",
                         fmt::format("e{}", item));
      driver->Close();
    }
    driver->Interact("ada", ItemAt(1), "click", "1");
    driver->Interact("ada", ItemAt(2), "click", "2");
    driver->Close();
  }
  with.Interact("ada", ItemAt(3), "purchase", "3");
  with.Retract("ada", "3");
  without.now_ms = with.now_ms;
  for (TestDriver* driver : {&with, &without}) {
    driver->Close();
    driver->Catalogue(ItemAt(3));
    driver->Learn();
  }
  EXPECT_EQ(with.Item(ItemAt(3))->factor, without.Item(ItemAt(3))->factor);
  EXPECT_EQ(with.Item(ItemAt(3))->events, without.Item(ItemAt(3))->events);
  EXPECT_EQ(with.view->Global().mix.weights, without.view->Global().mix.weights);
}

TEST(TakingBackAtOnce, TheOnlyEventOfAnItemLeavesItAsItWasInTheCatalogue) {
  TestDriver driver;
  driver.Catalogue("new");
  driver.Learn();
  const ItemModel before = *driver.Item("new");
  driver.Interact("ada", "a", "click", "1");
  driver.Interact("ada", "b", "click", "2");
  driver.Close();
  driver.Interact("ada", "new", "purchase", "3");
  driver.Close();
  EXPECT_NE(driver.Item("new")->factor, before.factor);
  driver.Retract("ada", "3");
  driver.Close();
  const ItemModel& after = *driver.Item("new");
  EXPECT_EQ(after.factor, before.factor);
  EXPECT_EQ(after.events, 0U);
  EXPECT_EQ(after.first_event, before.first_event);
  EXPECT_EQ(after.last_event, before.last_event);
}

TEST(TakingBackADislike, GivesItsItemBackToWhatFollowed) {
  TestDriver with;
  TestDriver without;
  for (TestDriver* driver : {&with, &without}) {
    driver->Interact("ada", "a", "purchase", "1");
    if (driver == &with) {
      driver->Interact("ada", "a", "dislike", "2");
    } else {
      driver->now_ms += 1000;
    }
    driver->Interact("ada", "b", "click", "3");
    driver->Close();
  }
  EXPECT_TRUE(with.Item("a")->row.empty());
  with.Retract("ada", "2");
  with.Close();
  ASSERT_EQ(with.Item("a")->row.size(), 1U);
  ASSERT_EQ(without.Item("a")->row.size(), 1U);
  EXPECT_NEAR(with.Item("a")->row[0].forward, without.Item("a")->row[0].forward, 1e-5);
}

class RatingsTakenBack : public ::testing::Test {
 protected:
  void RateTenItems(const std::vector<int>& skipped_in_without) {
    for (int i = 0; i < 10; ++i) {
      for (TestDriver* driver : {&with, &without}) {
        const bool skip =
            driver == &without &&
            std::find(skipped_in_without.begin(), skipped_in_without.end(), i) != skipped_in_without.end();
        if (skip) {
          driver->now_ms += 1000;
        } else {
          driver->Send(TestDriver::kRatings, "ada",
                       fmt::format(R"({{"user_id":"ada","item_id":"i{}","rating":{},"event_id":"r{}"}})", i,
                                   1 + i * 7 % 5, i));
        }
        driver->Close();
      }
    }
  }
  static UserRatingState StateOf(TestDriver& driver) {
    return UserState::Load(driver.user.state(), "ada", {})->facts.ratings;
  }
  void ExpectSameBiases(double tolerance) {
    const UserRatingState a = StateOf(with);
    const UserRatingState b = StateOf(without);
    EXPECT_EQ(a.ratings, b.ratings);
    EXPECT_NEAR(a.bias, b.bias, tolerance);
    EXPECT_NEAR(a.bias_variance, b.bias_variance, tolerance);
    const GlobalShare mine = GlobalState::Load(with.item.state())->TakeShare();
    const GlobalShare theirs = GlobalState::Load(without.item.state())->TakeShare();
    EXPECT_EQ(mine.ratings, theirs.ratings);
    EXPECT_NEAR(mine.rating_sum, theirs.rating_sum, 1e-9);
  }
  TestDriver with;
  TestDriver without;
};

TEST_F(RatingsTakenBack, ByRetractionAndByNull) {
  RateTenItems({4, 9});
  EXPECT_NE(StateOf(with).bias, StateOf(without).bias);
  with.Retract("ada", "r9");
  with.Rate("ada", "i4", "null", with.now_ms + 1000);
  with.Close();
  ExpectSameBiases(0.02);
  for (const int gone : {4, 9}) {
    const ItemModel* item = with.Item(ItemAt(gone));
    EXPECT_EQ(item->ratings, 0U);
    EXPECT_EQ(item->rating_bias, 0);
    EXPECT_EQ(item->events, 0U);
  }
}

TEST_F(RatingsTakenBack, ByANewerRatingOfTheSameItem) {
  RateTenItems({9});
  with.Rate("ada", "i9", "2", with.now_ms + 1000);
  without.now_ms = with.now_ms - 1000;
  without.Rate("ada", "i9", "2", with.now_ms);
  with.Close();
  without.Close();
  ExpectSameBiases(0.01);
  EXPECT_EQ(with.Item("i9")->ratings, 1U);
  EXPECT_NEAR(with.Item("i9")->rating_bias, without.Item("i9")->rating_bias, 0.01);
  EXPECT_EQ(with.Item("i9")->events, without.Item("i9")->events);
}

TEST(FirstRatings, MeetTheMiddleOfTheScaleNotZero) {
  TestDriver driver;
  driver.Close();
  driver.Rate("ada", "a", "3", driver.now_ms);
  driver.Close();
  EXPECT_NEAR(UserState::Load(driver.user.state(), "ada", {})->facts.ratings.bias, 0, 1e-9);
}

}  // namespace
}  // namespace freshet::test
