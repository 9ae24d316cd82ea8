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
    all.Merge(model.Learn(user, {3.5, 0, item}, rating, {i}));
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

TEST(RatingModel, MapsScales) {
  EXPECT_DOUBLE_EQ(RatingOnFive(0.5, 0.5, 5), 1);
  EXPECT_DOUBLE_EQ(RatingOnFive(10, 0, 10), 5);
  EXPECT_DOUBLE_EQ(RatingFromFive(RatingOnFive(7, 0, 10), 0, 10), 7);
}

TEST(RatingModel, StatesSurviveEncodingAndRefuseDamage) {
  const RatingModel model;
  UserRatingState user;
  RatingEvidence evidence = model.Learn(user, {3, 0.5, {0.2, 0.1, 3}}, 5, {77});
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
