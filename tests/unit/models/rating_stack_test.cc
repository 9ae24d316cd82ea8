#include "models/rating_stack.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <string>

#include "base/random.h"

namespace freshet {
namespace {

constexpr auto kSize = static_cast<Eigen::Index>(kRatingFeatureCount);

RatingRow SomeRow(Random& random) {
  RatingRow row;
  for (double& feature : row.features) feature = 2 * random.Uniform() - 1;
  row.variance = 0.1 + random.Uniform();
  return row;
}

TEST(RatingStack, BeginsWithTheTasteModel) {
  Random random(1);
  const RatingRow row = SomeRow(random);
  const StackedRating stacked = StackRating(row, {});
  EXPECT_NEAR(stacked.deviation, row.features[0] + row.features[1] + row.features[2], 1e-12);
  EXPECT_NEAR(stacked.variance, 0.75 + row.variance, 1e-12);
  const std::vector<double> of_another_version(5, 1.0);
  EXPECT_EQ(StackRating(row, of_another_version).deviation, stacked.deviation);
  EXPECT_EQ(StackRating(row, RatingStackLearner().weights()).deviation, stacked.deviation);
}

TEST(RatingStack, LearnsAsDiscountedLeastSquaresDo) {
  Random random(2);
  RatingStackLearner learner;
  Eigen::MatrixXd square = Eigen::MatrixXd::Zero(kSize, kSize);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(kSize);
  Eigen::VectorXd prior = Eigen::VectorXd::Zero(kSize);
  prior.head(3).setOnes();
  for (int n = 0; n < 296; ++n) {  // solved at each until the 200th, then at every 32nd
    const RatingRow row = SomeRow(random);
    Eigen::VectorXd x(kSize);
    for (Eigen::Index k = 0; k < kSize; ++k) x[k] = row.features[static_cast<std::size_t>(k)];
    const double deviation = 0.5 * x[0] - x[5] + 0.2 * random.Uniform();
    RatingStackDelta delta;
    delta.Learn(row, deviation, 0);
    learner.Fold(delta);
    square = (1 - 1e-4) * square + x * x.transpose();
    right = (1 - 1e-4) * right + x * deviation;
  }
  const Eigen::VectorXd expected =
      (square + 30 * Eigen::MatrixXd::Identity(kSize, kSize)).llt().solve(right + 30 * prior);
  EXPECT_EQ(learner.ratings(), 296U);
  for (Eigen::Index k = 0; k < kSize; ++k)
    EXPECT_NEAR(learner.weights()[static_cast<std::size_t>(k)], expected[k], 1e-9);
}

TEST(RatingStack, LearnsHowWrongItIs) {
  Random random(3);
  RatingStackLearner learner;
  for (int n = 0; n < 5000; ++n) {
    RatingRow row;
    row.variance = random.Uniform();
    const double error = std::sqrt(0.4 + 2 * row.variance) * (random.Chance(0.5) ? 1 : -1);
    RatingStackDelta delta;
    delta.Learn(row, error, 0);
    learner.Fold(delta);
  }
  RatingRow sure;
  RatingRow unsure;
  unsure.variance = 1;
  EXPECT_NEAR(StackRating(sure, learner.weights()).variance, 0.4, 0.1);
  EXPECT_NEAR(StackRating(unsure, learner.weights()).variance, 2.4, 0.1);
}

TEST(RatingStack, DeltasMergeInAnyOrder) {
  Random random(4);
  RatingStackDelta one;
  RatingStackDelta other;
  for (int n = 0; n < 10; ++n) one.Learn(SomeRow(random), 1, 0.5);
  for (int n = 0; n < 10; ++n) other.Learn(SomeRow(random), -1, 0.5);
  RatingStackDelta forth = one;
  forth.Merge(other);
  RatingStackDelta back = other;
  back.Merge(one);
  RatingStackLearner a;
  RatingStackLearner b;
  EXPECT_TRUE(a.Fold(forth));
  EXPECT_TRUE(b.Fold(back));
  for (std::size_t k = 0; k < kRatingWeights; ++k) EXPECT_NEAR(a.weights()[k], b.weights()[k], 1e-12);
  EXPECT_FALSE(a.Fold(RatingStackDelta()));
}

TEST(RatingStack, DeltasAndLearnersTravel) {
  Random random(5);
  RatingStackDelta delta;
  for (int n = 0; n < 10; ++n) delta.Learn(SomeRow(random), 1, 0.5);
  std::string bytes;
  delta.Encode(bytes);
  const auto arrived = RatingStackDelta::Decode(bytes);
  ASSERT_TRUE(arrived.has_value());
  RatingStackLearner here;
  RatingStackLearner there;
  here.Fold(delta);
  there.Fold(*arrived);
  std::string stored;
  there.Encode(stored);
  const auto loaded = RatingStackLearner::Decode(stored);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(std::equal(here.weights().begin(), here.weights().end(), loaded->weights().begin()));
  EXPECT_EQ(loaded->ratings(), 10U);

  EXPECT_FALSE(RatingStackDelta::Decode(bytes.substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(RatingStackDelta::Decode("").has_value());
  EXPECT_FALSE(RatingStackLearner::Decode(stored + "x").has_value());
  stored[1] = static_cast<char>(stored[1] + 1);  // of another number of features: it learns anew
  const auto other = RatingStackLearner::Decode(stored);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->ratings(), 0U);
}

}  // namespace
}  // namespace freshet
