#include "rank/mix_learner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "unit/rank/mix_lessons.h"

namespace freshet::mix_lessons {
namespace {

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
  for (std::size_t i = 0; i < 7'000; ++i) learner.Fold(Lesson(learner.weights(), i));
  const double learned = CosineToHidden(learner);
  EXPECT_GT(learned, 0.65) << "and they learn on";
  for (std::size_t i = 7'000; i < 9'000; ++i) learner.Fold(Lesson(learner.weights(), i));
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
}  // namespace freshet::mix_lessons
