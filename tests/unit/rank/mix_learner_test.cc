#include "rank/mix_learner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "rank/list_builder.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 400;

class Mix : public testing::Test {
 protected:
  /// A lesson whose taken item is drawn from the softmax of hidden weights: learning must find them.
  MixDelta Lesson(const MixWeights& used, std::size_t draw) {
    Random random(draw * 2 + 1);
    const auto history = SyntheticHistory(kItems, 15, random);
    ItemSet seen;
    for (const HistoryEvent& event : history) seen.insert(event.item);
    const UserSignals signals{history, seen, {}, {SyntheticView::kNow}, 0, {}};
    builder_.Build(signals, view_, used, scratch_);
    std::vector<double> odds(scratch_.features.rows());
    double sum = 0;
    for (std::size_t j = 0; j < odds.size(); ++j) {
      double score = 0;
      for (std::size_t b = 0; b < scratch_.features.columns(); ++b)
        score += hidden_[b] * scratch_.features.at(j, b);
      sum += odds[j] = std::exp(score);
    }
    double left = random.Uniform() * sum;
    std::size_t taken = 0;
    while (taken + 1 < odds.size() && left > odds[taken]) left -= odds[taken++];
    MixDelta delta = builder_.NewDelta();
    delta.Learn(scratch_.features, taken, {1.0}, used, {});
    return delta;
  }

  const std::vector<double> hidden_ = {1.2, 0.3, 0.1, 0.0, 0.6, 0.9, 0.2, -0.5, 0.1, 0.0};
  SyntheticView view_{kItems, 40, 1};
  ListBuilder builder_{RankOptions{}};
  RankScratch scratch_{builder_.options()};
};

TEST_F(Mix, StartsWithEqualGenerators) {
  const MixWeights weights(6, 10);
  EXPECT_DOUBLE_EQ(weights.values()[0], 1.0 / 6);
  EXPECT_DOUBLE_EQ(weights.values()[8], 0);
  GlobalModel global;
  global.mix_weights = {1, 2, 3};
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 1.0 / 6) << "weights of another shape";
  global.mix_weights.assign(10, 0.5);
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 0.5);
  global.mix_weights[4] = std::nan("");
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 1.0 / 6);
}

TEST_F(Mix, AddsTheUsersOwnEffects) {
  const MixWeights weights(2, 3);
  const std::vector<double> effects = {0.25, -0.5, 1};
  const auto effective = weights.Effective({1.0}, effects);
  EXPECT_DOUBLE_EQ(effective[0], 0.75);
  EXPECT_DOUBLE_EQ(effective[1], 0);
  EXPECT_DOUBLE_EQ(effective[2], 1);
}

TEST_F(Mix, DeltaHoldsTheGradientAndCurvatureOfTheLogLikelihood) {
  MixWeights weights(6, 10);
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
      for (std::size_t b = 0; b < 10; ++b) score += w[b] * table.at(j, b);
      sum += std::exp(score);
      if (j == 4) taken = score;
    }
    return taken - std::log(sum);
  };
  MixDelta delta = builder_.NewDelta();
  delta.Learn(table, 4, {1.0}, weights, {});
  std::vector<double> at(weights.values().begin(), weights.values().end());
  const double h = 1e-4;
  for (std::size_t a = 0; a < 10; ++a) {
    double curved = 0;
    for (std::size_t b = 0; b < 10; ++b) {
      const std::size_t i = std::min(a, b);
      const std::size_t entry = i * 10 - i * (i + 1) / 2 + std::max(a, b);
      curved += delta.curvature()[entry] * at[b];
    }
    std::vector<double> up = at;
    std::vector<double> down = at;
    up[a] += h;
    down[a] -= h;
    const double gradient = (log_likelihood(up) - log_likelihood(down)) / (2 * h);
    EXPECT_NEAR(delta.target()[a] - curved, gradient, 1e-6);
    const std::size_t diagonal = a * 10 - a * (a + 1) / 2 + a;
    const double second = (log_likelihood(up) - 2 * log_likelihood(at) + log_likelihood(down)) / (h * h);
    EXPECT_NEAR(delta.curvature()[diagonal], -second, 1e-4);
  }
}

TEST_F(Mix, FindsTheHiddenWeightsDirection) {
  MixLearner learner = LearnerOf(builder_);
  for (std::size_t i = 0; i < 3000; ++i) learner.Fold(Lesson(learner.weights(), i));
  const auto weights = learner.weights().values();
  double dot = 0;
  double norm = 0;
  double hidden_norm = 0;
  for (std::size_t b = 0; b < hidden_.size(); ++b) {
    dot += weights[b] * hidden_[b];
    norm += weights[b] * weights[b];
    hidden_norm += hidden_[b] * hidden_[b];
  }
  EXPECT_GT(dot / std::sqrt(norm * hidden_norm), 0.9);
  EXPECT_GT(learner.events(), 3000u - MixLearner::kStep);
}

TEST_F(Mix, StaleWeightsTeachNearlyTheSame) {
  MixLearner fresh = LearnerOf(builder_);
  MixLearner stale = LearnerOf(builder_);
  MixWeights seen = stale.weights();
  for (std::size_t i = 0; i < 600; ++i) {
    fresh.Fold(Lesson(fresh.weights(), i));
    if (i % 20 == 0) seen = stale.weights();  // as if the view came twenty lessons late
    stale.Fold(Lesson(seen, i));
  }
  for (std::size_t b = 0; b < hidden_.size(); ++b) {
    EXPECT_NEAR(stale.weights().values()[b], fresh.weights().values()[b], 0.1) << b;
  }
}

TEST_F(Mix, MergedDeltasTeachAsMuchAsTheirParts) {
  MixDelta all = builder_.NewDelta();
  MixDelta left = builder_.NewDelta();
  MixDelta right = builder_.NewDelta();
  const MixWeights prior(6, 10);
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
  for (std::size_t b = 0; b < 10; ++b)
    EXPECT_NEAR(one.weights().values()[b], two.weights().values()[b], 1e-12);
}

TEST_F(Mix, StepsEvery32LessonsAfterTheFirst200) {
  MixLearner learner = LearnerOf(builder_);
  const MixDelta lesson = Lesson(learner.weights(), 1);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(learner.Fold(lesson));
  int steps = 0;
  for (int i = 0; i < 64; ++i) steps += learner.Fold(lesson) ? 1 : 0;
  EXPECT_EQ(steps, 2);
  EXPECT_FALSE(learner.Fold(MixDelta(4))) << "another configuration's delta";
  EXPECT_FALSE(learner.Fold(builder_.NewDelta())) << "nothing learned";
}

TEST_F(Mix, ALessonTakenBackInTheSameDeltaLeavesNothing) {
  const MixLearner prior = LearnerOf(builder_);
  MixDelta delta = builder_.NewDelta();
  delta.Merge(Lesson(prior.weights(), 3));
  delta.Subtract(Lesson(prior.weights(), 3));
  EXPECT_TRUE(delta.empty());
  for (const double entry : delta.curvature()) EXPECT_EQ(entry, 0);
}

TEST_F(Mix, ALessonTakenBackLaterLeavesAlmostWhatWasBefore) {
  MixLearner without = LearnerOf(builder_);
  MixLearner with = LearnerOf(builder_);
  for (std::size_t i = 0; i < 64; ++i) {
    const MixDelta lesson = Lesson(LearnerOf(builder_).weights(), i);
    without.Fold(lesson);
    with.Fold(lesson);
  }
  const MixDelta extra = Lesson(LearnerOf(builder_).weights(), 1000);
  with.Fold(extra);
  double moved = 0;
  double left = 0;
  for (std::size_t b = 0; b < 10; ++b)
    moved += std::abs(with.weights().values()[b] - without.weights().values()[b]);
  MixDelta back = builder_.NewDelta();
  back.Subtract(extra);
  EXPECT_EQ(back.events(), -1);
  EXPECT_TRUE(with.Fold(back));
  EXPECT_EQ(with.events(), without.events());
  for (std::size_t b = 0; b < 10; ++b)
    left += std::abs(with.weights().values()[b] - without.weights().values()[b]);
  EXPECT_LT(left, moved / 5) << "one Newton step there and one back";
}

// Backlogs of events from long ago, none of which the weights expect, learned in large batches with the same
// weights: the quadratic model says nothing there, and full steps throw the weights from one end to the
// other.
TEST_F(Mix, StaleLessonsThatContradictTheWeightsDoNotDriveThemApart) {
  MixLearner learner = LearnerOf(builder_);
  Random random(5);
  const auto history = SyntheticHistory(kItems, 15, random);
  ItemSet seen;
  for (const HistoryEvent& event : history) seen.insert(event.item);
  const UserSignals signals{history, seen, {}, {SyntheticView::kNow}, 0, {}};
  for (int batch = 0; batch < 40; ++batch) {
    const MixWeights used = learner.weights();
    builder_.Build(signals, view_, used, scratch_);
    const auto effective = used.Effective({1.0}, {});
    std::size_t least = 0;
    double least_score = 0;
    for (std::size_t j = 0; j < scratch_.features.rows(); ++j) {
      double score = 0;
      for (std::size_t b = 0; b < scratch_.features.columns(); ++b)
        score += effective[b] * scratch_.features.at(j, b);
      if (j == 0 || score < least_score) least = j, least_score = score;
    }
    MixDelta delta = builder_.NewDelta();
    for (int i = 0; i < 500; ++i) delta.Learn(scratch_.features, least, {1.0}, used, {});
    learner.Fold(delta);
    for (const double weight : learner.weights().values()) ASSERT_LT(std::abs(weight), 5) << batch;
  }
  for (std::size_t i = 0; i < 4'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  EXPECT_NEAR(learner.weights().values()[0], hidden_[0], 0.5) << "and they learn on";
}

TEST_F(Mix, StateSurvivesEncodingAndRefusesDamage) {
  MixLearner learner = LearnerOf(builder_);
  for (std::size_t i = 0; i < 205; ++i) learner.Fold(Lesson(learner.weights(), i));
  std::string bytes;
  learner.Encode(bytes);
  auto copy = MixLearner::Decode(bytes, 6, 10);
  ASSERT_TRUE(copy.has_value());
  std::string again;
  copy->Encode(again);
  EXPECT_EQ(bytes, again);
  EXPECT_FALSE(MixLearner::Decode(bytes, 7, 11).has_value());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(MixLearner::Decode(std::string_view(bytes).substr(0, size), 6, 10).has_value());
  }
  std::string delta_bytes;
  const MixDelta lesson = Lesson(learner.weights(), 7);
  lesson.Encode(delta_bytes);
  const auto delta = MixDelta::Decode(delta_bytes);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->events(), 1u);
  EXPECT_TRUE(std::equal(delta->target().begin(), delta->target().end(), lesson.target().begin()));
  for (std::size_t size = 0; size < delta_bytes.size(); ++size) {
    EXPECT_FALSE(MixDelta::Decode(std::string_view(delta_bytes).substr(0, size)).has_value());
  }
}

TEST_F(Mix, ADamagedCurvatureIsForgottenNotFatal) {
  MixLearner learner = LearnerOf(builder_);
  std::string bytes;
  Lesson(learner.weights(), 1).Encode(bytes);
  for (std::size_t i = bytes.size() - 55 * 8; i + 8 <= bytes.size(); i += 8) {
    const double hostile = -1e6;
    std::memcpy(&bytes[i], &hostile, sizeof hostile);
  }
  const auto delta = MixDelta::Decode(bytes);
  ASSERT_TRUE(delta.has_value());
  learner.Fold(*delta);
  for (const double weight : learner.weights().values()) EXPECT_TRUE(std::isfinite(weight));
  EXPECT_TRUE(learner.Fold(Lesson(learner.weights(), 2)));
}

}  // namespace
}  // namespace freshet
