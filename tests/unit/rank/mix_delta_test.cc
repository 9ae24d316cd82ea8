#include "rank/mix_delta.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "unit/rank/mix_lessons.h"

namespace freshet::mix_lessons {
namespace {

TEST_F(Mix, DeltaHoldsTheGradientAndCurvatureOfTheLogLikelihood) {
  const MixWeights weights(kGenerators, kParts);
  Random random(3);
  const auto history = SyntheticHistory(kItems, 15, random);
  const UserSignals signals{history, {}, {}, {SyntheticView::kNow}, 5, {}};
  builder_.Build(signals, view_, weights, scratch_);
  const FeatureTable& table = scratch_.features;
  const auto log_likelihood = [&](const std::vector<double>& w) {
    double sum = 0;
    double taken = 0;
    for (std::size_t j = 0; j < table.rows(); ++j) {
      double score = 0;
      for (std::size_t b = 0; b < kParts; ++b) score += w[b] * table.at(j, b);
      sum += std::exp(score);
      if (j == 4) taken = score;
    }
    return taken - std::log(sum);
  };
  MixDelta delta = builder_.NewDelta();
  delta.Learn({table, kConstant, weights, {}}, 4);
  const Sums sums(delta);
  std::vector<double> at(weights.values().begin(), weights.values().end());
  const double h = 1e-4;
  for (std::size_t a = 0; a < kParts; ++a) {
    double curved = 0;
    for (std::size_t b = 0; b < kParts; ++b) curved += sums.At(a, b) * at[b];
    std::vector<double> up = at;
    std::vector<double> down = at;
    up[a] += h;
    down[a] -= h;
    const double gradient = (log_likelihood(up) - log_likelihood(down)) / (2 * h);
    EXPECT_NEAR(sums.target[a] - curved, gradient, 1e-6);
    EXPECT_NEAR(delta.gradient()[a], gradient, 1e-6);
    const double second = (log_likelihood(up) - 2 * log_likelihood(at) + log_likelihood(down)) / (h * h);
    EXPECT_NEAR(sums.At(a, a), -second, 1e-4);
  }
}

TEST_F(Mix, ALessonThatLooksLikeChanceCountsLess) {
  const MixWeights weights(kGenerators, kParts);
  Random random(3);
  const auto history = SyntheticHistory(kItems, 15, random);
  const UserSignals signals{history, {}, {}, {SyntheticView::kNow}, 5, {}};
  builder_.Build(signals, view_, weights, scratch_);
  const FeatureTable& table = scratch_.features;
  constexpr double kChance = 0.4;
  const auto log_likelihood = [&](const std::vector<double>& w, std::size_t row) {
    double sum = 0;
    double taken = 0;
    for (std::size_t j = 0; j < table.rows(); ++j) {
      double score = 0;
      for (std::size_t b = 0; b < kParts; ++b) score += w[b] * table.at(j, b);
      sum += std::exp(score);
      if (j == row) taken = std::exp(score);
    }
    return std::log((1 - kChance) * taken / sum + kChance / static_cast<double>(table.rows()));
  };
  std::vector<double> counted;
  for (const std::size_t row : {4U, 5U, 6U}) {
    MixDelta all = builder_.NewDelta();
    MixDelta some = builder_.NewDelta();
    all.Learn({table, kConstant, weights, {}}, row);
    some.Learn({table, kConstant, weights, {}, kChance}, row);
    counted.push_back(Sums(some).At(0, 0) / Sums(all).At(0, 0));
    EXPECT_GT(counted.back(), 0);
    EXPECT_LT(counted.back(), 1);
    for (std::size_t a = 0; a < kParts; ++a) {
      std::vector<double> up(weights.values().begin(), weights.values().end());
      std::vector<double> down = up;
      up[a] += 1e-4;
      down[a] -= 1e-4;
      const double gradient = (log_likelihood(up, row) - log_likelihood(down, row)) / 2e-4;
      EXPECT_NEAR(some.gradient()[a], gradient, 1e-6) << "of the softmax mixed with chance";
      EXPECT_NEAR(Sums(some).At(a, 1), counted.back() * Sums(all).At(a, 1), 1e-9);
    }
  }
  EXPECT_NE(counted[0], counted[1]);
}

TEST_F(Mix, MergedDeltasTeachAsMuchAsTheirParts) {
  MixDelta all = builder_.NewDelta();
  MixDelta left = builder_.NewDelta();
  MixDelta right = builder_.NewDelta();
  const MixWeights prior(kGenerators, kParts);
  for (std::size_t i = 0; i < 20; ++i) {
    const MixDelta lesson = Lesson(prior, i);
    all.Merge(lesson);
    (i % 2 == 0 ? left : right).Merge(lesson);
  }
  right.Merge(left);
  MixLearner one = LearnerOf(builder_);
  MixLearner two = LearnerOf(builder_);
  one.Fold(all);
  two.Fold(right);
  for (std::size_t b = 0; b < kParts; ++b)
    EXPECT_NEAR(one.weights().values()[b], two.weights().values()[b], 1e-12);
}

TEST_F(Mix, ManyLessonsTravelAsTheSumsOfThoseOneByOne) {
  MixDelta many = builder_.NewDelta();
  std::vector<double> target(many.dimensions());
  std::vector<double> curvature(TriangleSize(many.dimensions()));
  const MixWeights prior(kGenerators, kParts);
  std::size_t largest = 0;
  for (std::size_t i = 0; i < 120; ++i) {
    const MixDelta lesson = Lesson(prior, i);
    many.Merge(lesson);
    lesson.AddTo(target, curvature);
    std::string bytes;
    many.Encode(bytes);
    largest = std::max(largest, bytes.size());
  }
  EXPECT_LT(largest, 120'000U);
  const Sums sums(many);
  for (std::size_t i = 0; i < target.size(); ++i) EXPECT_NEAR(sums.target[i], target[i], 1e-9);
  for (std::size_t i = 0; i < curvature.size(); ++i) EXPECT_NEAR(sums.curvature[i], curvature[i], 1e-9);
}

TEST_F(Mix, ContextsMultiplyWhatALessonSays) {
  const MixWeights weights(kGenerators, kParts);
  Random random(4);
  const auto history = SyntheticHistory(kItems, 15, random);
  builder_.Build({history, {}, {}, {SyntheticView::kNow}, 5}, view_, weights, scratch_);
  MixContext context{1, 0.5, -2, 0.25, 0, 0, 0, 0, 3};
  MixDelta delta = builder_.NewDelta();
  delta.Learn({scratch_.features, context, weights, {}}, 1);
  const Sums sums(delta);
  for (std::size_t a = 0; a < kParts; ++a) {
    EXPECT_NEAR(sums.target[2 * kParts + a], -2 * sums.target[a], 1e-12);
    EXPECT_NEAR(sums.At(2 * kParts + a, 8 * kParts + 1), -6 * sums.At(a, 1), 1e-12);
    EXPECT_NEAR(sums.At(kParts + a, kParts + 3), 0.25 * sums.At(a, 3), 1e-12);
  }
}

TEST_F(Mix, ALessonTakenBackInTheSameDeltaLeavesNothing) {
  const MixLearner prior = LearnerOf(builder_);
  MixDelta delta = builder_.NewDelta();
  delta.Merge(Lesson(prior.weights(), 3));
  delta.Subtract(Lesson(prior.weights(), 3));
  EXPECT_TRUE(delta.empty());
}

}  // namespace
}  // namespace freshet::mix_lessons
