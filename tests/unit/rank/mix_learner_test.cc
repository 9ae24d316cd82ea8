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
constexpr std::size_t kGenerators = 9;
constexpr std::size_t kParts = 13;
constexpr MixContext kConstant = {1};

struct Sums {
  explicit Sums(const MixDelta& delta)
      : target(delta.dimensions()), curvature(TriangleSize(delta.dimensions())) {
    delta.AddTo(target, curvature);
  }
  double At(std::size_t a, std::size_t b) const {
    const std::size_t i = std::min(a, b);
    return curvature[i * target.size() - i * (i + 1) / 2 + std::max(a, b)];
  }
  std::vector<double> target;
  std::vector<double> curvature;
};

class Mix : public testing::Test {
 protected:
  /// A lesson whose taken item is drawn from the softmax of hidden weights: learning must find them.
  MixDelta Lesson(const MixWeights& used, std::size_t draw) {
    Random random(draw * 2 + 1);
    const auto history = SyntheticHistory(kItems, 15, random);
    ItemSet seen;
    for (const HistoryEvent& event : history) seen.insert(event.item);
    const UserSignals signals{history, seen, {}, {SyntheticView::kNow}, 0, {}};
    builder_.Build(signals, *shown_, used, scratch_);
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
    delta.Learn({scratch_.features, kConstant, used, {}}, taken);
    return delta;
  }

  /// Of the weights in the constant context.
  double CosineToHidden(const MixLearner& learner) const {
    const auto weights = learner.weights().values();
    double dot = 0;
    double norm = 0;
    double hidden_norm = 0;
    for (std::size_t b = 0; b < hidden_.size(); ++b) {
      dot += weights[b] * hidden_[b];
      norm += weights[b] * weights[b];
      hidden_norm += hidden_[b] * hidden_[b];
    }
    return dot / std::sqrt(norm * hidden_norm);
  }

  const std::vector<double> hidden_ = {1.2, 0.3, 0.1, 0.2, 0.1, 0.0, 0.6, 0.9, 0.0, 0.2, -0.5, 0.1, 0.0};
  SyntheticView view_{kItems, 40, 1};
  const SyntheticView* shown_ = &view_;  ///< lessons are about it
  ListBuilder builder_{RankOptions{}};
  RankScratch scratch_{builder_.options()};
};

TEST_F(Mix, StartsWithEqualGenerators) {
  const MixWeights weights(6, 10);
  EXPECT_DOUBLE_EQ(weights.values()[0], 1.0 / 6);
  EXPECT_DOUBLE_EQ(weights.values()[8], 0);
  GlobalModel global;
  global.mix.weights = {1, 2, 3};
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 1.0 / 6) << "weights of another shape";
  global.mix.weights.assign(10 * kMixContexts, 0.5);
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 0.5);
  global.mix.weights[4] = std::nan("");
  EXPECT_DOUBLE_EQ(MixWeights::From(global, 6, 10).values()[0], 1.0 / 6);
}

TEST_F(Mix, AddsTheUsersOwnEffects) {
  const MixWeights weights(2, 3);
  const std::vector<float> effects = {0.25F, -0.5F, 1};
  const auto effective = weights.Effective(kConstant, effects);
  EXPECT_DOUBLE_EQ(effective[0], 0.75);
  EXPECT_DOUBLE_EQ(effective[1], 0);
  EXPECT_DOUBLE_EQ(effective[2], 1);
}

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

TEST_F(Mix, FindsTheHiddenWeightsDirection) {
  MixLearner learner = LearnerOf(builder_);
  for (std::size_t i = 0; i < 3000; ++i) learner.Fold(Lesson(learner.weights(), i));
  EXPECT_GT(CosineToHidden(learner), 0.9);
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
  EXPECT_LT(largest, 110'000U);
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

TEST_F(Mix, AUsersOwnEffectsFollowWhatItTakes) {
  UserMix user;
  const MixLearner learner = LearnerOf(builder_);
  const std::vector<float> gain = learner.UserGain();
  ASSERT_EQ(gain.size(), kParts * kParts);
  EXPECT_NEAR(gain[0], 1 / 0.07, 1e-3);
  EXPECT_EQ(gain[1], 0);
  std::vector<double> gradient(kParts, 0.0);
  gradient[2] = 0.7;
  user.Learn(gradient, gain, 1);
  EXPECT_NEAR(user.effects[2], 0.7 / 0.07 / 100, 1e-4);
  EXPECT_EQ(user.lessons, 1U);
  user.Learn(gradient, gain, -1);
  EXPECT_EQ(user.lessons, 0U);
  EXPECT_NEAR(user.effects[2], 0, 2e-3) << "taken back at the rate of the lesson after it";
  user.Learn(gradient, {}, 1);
  EXPECT_EQ(user.lessons, 1U) << "a lesson before the mix is known counts, and changes nothing";
  user.Taste(std::vector<double>{3, 2, 1});
  std::string bytes;
  ByteWriter writer(bytes);
  user.Encode(writer);
  ByteReader reader(bytes);
  UserMix read;
  ASSERT_TRUE(read.Decode(reader));
  EXPECT_EQ(read, user);
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
  for (std::size_t b = 0; b < kParts; ++b)
    moved += std::abs(with.weights().values()[b] - without.weights().values()[b]);
  MixDelta back = builder_.NewDelta();
  back.Subtract(extra);
  EXPECT_EQ(back.events(), -1);
  EXPECT_TRUE(with.Fold(back));
  EXPECT_EQ(with.events(), without.events());
  for (std::size_t b = 0; b < kParts; ++b)
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
    const auto effective = used.Effective(kConstant, {});
    std::size_t least = 0;
    double least_score = 0;
    for (std::size_t j = 0; j < scratch_.features.rows(); ++j) {
      double score = 0;
      for (std::size_t b = 0; b < scratch_.features.columns(); ++b)
        score += effective[b] * scratch_.features.at(j, b);
      if (j == 0 || score < least_score) least = j, least_score = score;
    }
    MixDelta delta = builder_.NewDelta();
    for (int i = 0; i < 500; ++i) delta.Learn({scratch_.features, kConstant, used, {}}, least);
    learner.Fold(delta);
    for (const double weight : learner.weights().values()) ASSERT_LT(std::abs(weight), 5) << batch;
  }
  for (std::size_t i = 0; i < 4'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  const double learned = CosineToHidden(learner);
  EXPECT_GT(learned, 0.65) << "and they learn on";
  for (std::size_t i = 4'000; i < 6'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  EXPECT_GT(CosineToHidden(learner), learned);
}

// Where nothing has rows, four generators speak of nothing: their features are 0 in every lesson.
TEST_F(Mix, KeepsItsOpinionOfGeneratorsThatAreDarkForLong) {
  MixLearner learner = LearnerOf(builder_);
  for (std::size_t i = 0; i < 2'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  const MixWeights before = learner.weights();
  const double agreed = CosineToHidden(learner);
  SyntheticView dark{kItems, 40, 1};
  for (std::size_t i = 0; i < kItems; ++i) dark.At(i).row.clear();
  shown_ = &dark;
  for (std::size_t i = 2'000; i < 6'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  ASSERT_EQ(scratch_.features.at(0, 0), 0);
  for (std::size_t b = 0; b < kParts; ++b)
    EXPECT_NEAR(learner.weights().values()[b], before.values()[b], 0.5) << builder_.PartNames()[b];
  shown_ = &view_;
  EXPECT_GT(CosineToHidden(learner), agreed - 0.05) << "the moment they are back";
  for (std::size_t i = 6'000; i < 6'300; ++i) learner.Fold(Lesson(learner.weights(), i));
  EXPECT_GT(CosineToHidden(learner), agreed - 0.02) << "and soon after";
}

TEST_F(Mix, StateSurvivesEncodingAndRefusesDamage) {
  MixLearner learner = LearnerOf(builder_);
  for (std::size_t i = 0; i < 205; ++i) learner.Fold(Lesson(learner.weights(), i));
  std::string bytes;
  learner.Encode(bytes);
  auto copy = MixLearner::Decode(bytes, kGenerators, kParts);
  ASSERT_TRUE(copy.has_value());
  std::string again;
  copy->Encode(again);
  EXPECT_EQ(bytes, again);
  EXPECT_FALSE(MixLearner::Decode(bytes, kGenerators + 1, kParts + 1).has_value());
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_FALSE(
        MixLearner::Decode(std::string_view(bytes).substr(0, size), kGenerators, kParts).has_value());
  }
  std::string delta_bytes;
  const MixDelta lesson = Lesson(learner.weights(), 7);
  lesson.Encode(delta_bytes);
  const auto delta = MixDelta::Decode(delta_bytes);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->events(), 1u);
  EXPECT_EQ(Sums(*delta).target, Sums(lesson).target);
  EXPECT_EQ(Sums(*delta).curvature, Sums(lesson).curvature);
  for (std::size_t size = 0; size < delta_bytes.size(); ++size) {
    EXPECT_FALSE(MixDelta::Decode(std::string_view(delta_bytes).substr(0, size)).has_value());
  }
}

TEST_F(Mix, ADamagedCurvatureIsForgottenNotFatal) {
  MixLearner learner = LearnerOf(builder_);
  std::string bytes;
  Lesson(learner.weights(), 1).Encode(bytes);
  for (std::size_t i = bytes.size() - TriangleSize(kParts) * 8; i + 8 <= bytes.size(); i += 8) {
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
