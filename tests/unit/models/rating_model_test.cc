#include "models/rating_model.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

constexpr RatingOptions kStill = {.user_drift = 0, .item_drift = 0};

TEST(RatingModel, StartsAtTheMean) {
  const RatingModel model;
  const RatingEstimate estimate = model.Predict({}, {.mean = 3.5, .affinity = 0, .item = {}});
  EXPECT_DOUBLE_EQ(estimate.value, 3.5);
  EXPECT_GT(estimate.error, 1.0);
  EXPECT_DOUBLE_EQ(RatingModel::GlobalMean(0, 0), 3);
  EXPECT_NEAR(RatingModel::GlobalMean(4e6, 1'000'000), 4, 1e-4);
}

TEST(RatingModel, LearnsAUsersBiasAsTheBatchRidgeDoes) {
  const RatingModel model(kStill);
  Random random(1);
  UserRatingState user;
  // Posterior of (bias, slope) for known items: (H'H / R + P0^-1)^-1 H'z / R.
  Eigen::Matrix2d precision = Eigen::Vector2d(1 / 0.25, 1 / 0.05).asDiagonal();
  Eigen::Vector2d weighted = Eigen::Vector2d::Zero();
  for (int i = 0; i < 50; ++i) {
    const double affinity = random.Uniform();
    const double rating = 4 + 0.5 * affinity + (random.Uniform() - 0.5);
    const RatingContext context{3.5, affinity, {0.1, 0.02, 100}};
    model.Learn(user, context, rating, {i});
    const Eigen::Vector2d h(1, affinity);
    precision += h * h.transpose() / (0.85 + 0.02);
    weighted += h * (rating - 3.6) / (0.85 + 0.02);
  }
  const Eigen::Vector2d expected = precision.inverse() * weighted;
  EXPECT_NEAR(user.bias, expected[0], 1e-9);
  EXPECT_NEAR(user.slope, expected[1], 1e-9);
  EXPECT_NEAR(user.bias_variance, precision.inverse()(0, 0), 1e-9);
  EXPECT_EQ(user.ratings, 50u);
}

TEST(RatingModel, FoldsEvidenceAsThePrecisionWeightedMean) {
  const RatingModel model(kStill);
  ItemRatingState item;
  RatingEvidence all;
  double precision = 1 / 0.30;
  double weighted = 0;
  for (int i = 0; i < 20; ++i) {
    UserRatingState user;
    const double rating = 2 + i % 3;
    all.Merge(model.Learn(user, {3.5, 0, item}, rating, {i}).evidence);
    precision += 1 / (0.85 + 0.25);
    weighted += (rating - 3.5) / (0.85 + 0.25);
  }
  EXPECT_EQ(all.ratings, 20);
  model.Fold(item, all);
  EXPECT_NEAR(item.bias, weighted / precision, 1e-12);
  EXPECT_NEAR(item.variance, 1 / precision, 1e-12);
  EXPECT_EQ(item.ratings, 20u);
  const RatingEstimate estimate = model.Predict({}, {3.5, 0, item});
  EXPECT_LT(estimate.value, 3.5);
}

TEST(RatingModel, ForgetsWithDrift) {
  const RatingModel model({.user_drift = 0.05});
  UserRatingState user;
  for (int i = 0; i < 100; ++i) model.Learn(user, {3, 0, {0, 0.01, 50}}, 5, {i});
  for (int i = 0; i < 30; ++i) model.Learn(user, {3, 0, {0, 0.01, 50}}, 2, {i});
  EXPECT_LT(user.bias, -0.7) << "the last thirty outweigh the hundred before";
}

TEST(RatingModel, ErrorShrinksToTheNoise) {
  const RatingModel model;
  UserRatingState user;
  const double before = model.Predict(user, {3, 0, {0, 0.001, 500}}).error;
  for (int i = 0; i < 200; ++i) model.Learn(user, {3, 0, {0, 0.001, 500}}, 4, {i});
  const double after = model.Predict(user, {3, 0, {0, 0.001, 500}}).error;
  EXPECT_LT(after, before);
  EXPECT_GT(after, std::sqrt(0.85));
}

void ExpectNear(const UserRatingState& a, const UserRatingState& b, double tolerance) {
  EXPECT_EQ(a.ratings, b.ratings);
  EXPECT_NEAR(a.bias, b.bias, tolerance);
  EXPECT_NEAR(a.slope, b.slope, tolerance);
  EXPECT_NEAR(a.bias_variance, b.bias_variance, tolerance);
  EXPECT_NEAR(a.covariance, b.covariance, tolerance);
  EXPECT_NEAR(a.slope_variance, b.slope_variance, tolerance);
}

RatingContext Meeting(int i) { return {3.2, 0.1 * (i % 5), {0.05 * (i % 7 - 3), 0.1, 4}}; }

TEST(RatingModel, TakesTheNewestRatingBackExactly) {
  const RatingModel model;
  UserRatingState user;
  for (int i = 0; i < 6; ++i) model.Learn(user, Meeting(i), 1 + i % 5, {i});
  const UserRatingState before = user;
  const RatingLesson lesson = model.Learn(user, Meeting(6), 5, {6});
  EXPECT_GT(std::abs(user.bias - before.bias), 1e-3);
  model.TakeBack(user, lesson);
  ExpectNear(user, before, 1e-12);
}

TEST(RatingModel, TakingTheOnlyRatingBackLeavesThePrior) {
  const RatingModel model;
  UserRatingState user;
  model.TakeBack(user, model.Learn(user, Meeting(1), 5, {1}));
  ExpectNear(user, {}, 0);
}

TEST(RatingModel, TakesAnOlderRatingBackUpToTheDriftSince) {
  RatingOptions still;
  still.user_drift = 0;
  for (const RatingOptions& options : {still, RatingOptions{}}) {
    const RatingModel model(options);
    for (int taken = 0; taken < 10; ++taken) {
      UserRatingState with;
      UserRatingState without;
      RatingLesson lesson;
      for (int i = 0; i < 10; ++i) {
        const RatingLesson learned = model.Learn(with, Meeting(i), 1 + i * 7 % 5, {i});
        if (i == taken) lesson = learned;
        if (i != taken) model.Learn(without, Meeting(i), 1 + i * 7 % 5, {i});
      }
      model.TakeBack(with, lesson);
      // Without drift order does not matter; with it an old rating counts a little less than when it came.
      ExpectNear(with, without, options.user_drift == 0 ? 1e-9 : 0.03);
    }
  }
}

TEST(RatingModel, AnItemForgetsARatingTakenBack) {
  RatingOptions options;
  options.item_drift = 0;
  const RatingModel model(options);
  ItemRatingState item;
  UserRatingState ada;
  UserRatingState bob;
  model.Fold(item, model.Learn(ada, Meeting(1), 5, {1}).evidence);
  const ItemRatingState before = item;
  const RatingEvidence evidence = model.Learn(bob, Meeting(2), 1, {2}).evidence;
  model.Fold(item, evidence);
  model.Fold(item, evidence.Negated());
  EXPECT_NEAR(item.bias, before.bias, 1e-12);
  EXPECT_NEAR(item.variance, before.variance, 1e-12);
  EXPECT_EQ(item.ratings, before.ratings);
  RatingEvidence both = evidence;
  both.Merge(evidence.Negated());
  EXPECT_TRUE(both.empty());
}

TEST(RatingModel, TwoIdsOfOnePersonCombineToWhatOneWouldHaveLearned) {
  RatingOptions options;
  options.user_drift = 0;
  const RatingModel model(options);
  UserRatingState one;
  UserRatingState early;
  UserRatingState late;
  for (int i = 0; i < 9; ++i) {
    model.Learn(one, Meeting(i), 1 + i * 3 % 5, {i});
    model.Learn(i < 4 ? early : late, Meeting(i), 1 + i * 3 % 5, {i});
  }
  ExpectNear(model.Combined(early, late), one, 1e-9);
  ExpectNear(model.Combined(late, {}), late, 0);
  ExpectNear(model.Combined({}, early), early, 0);
}

TEST(RatingModel, MapsScales) {
  EXPECT_DOUBLE_EQ(RatingOnFive(0.5, 0.5, 5), 1);
  EXPECT_DOUBLE_EQ(RatingOnFive(10, 0, 10), 5);
  EXPECT_DOUBLE_EQ(RatingOnFive(7, 0, 10), 3.8);
}

TEST(RatingModel, StatesSurviveEncodingAndRefuseDamage) {
  const RatingModel model;
  UserRatingState user;
  RatingEvidence evidence = model.Learn(user, {3, 0.5, {0.2, 0.1, 3}}, 5, {77}).evidence;
  ItemRatingState item;
  model.Fold(item, evidence);
  std::string bytes;
  ByteWriter writer(bytes);
  user.Encode(writer);
  item.Encode(writer);
  evidence.Encode(writer);
  const auto decode = [](std::string_view from, std::string& again) {
    ByteReader reader(from);
    UserRatingState user_copy;
    ItemRatingState item_copy;
    RatingEvidence evidence_copy;
    if (!user_copy.Decode(reader) || !item_copy.Decode(reader) || !evidence_copy.Decode(reader)) return false;
    ByteWriter again_writer(again);
    user_copy.Encode(again_writer);
    item_copy.Encode(again_writer);
    evidence_copy.Encode(again_writer);
    return true;
  };
  std::string again;
  ASSERT_TRUE(decode(bytes, again));
  EXPECT_EQ(bytes, again);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), again));
  }
}

}  // namespace
}  // namespace freshet
