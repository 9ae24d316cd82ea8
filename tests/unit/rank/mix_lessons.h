#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rank/list_builder.h"
#include "unit/rank/synthetic_view.h"

namespace freshet::mix_lessons {

inline constexpr std::size_t kItems = 400;
inline constexpr std::size_t kGenerators = 10;
inline constexpr std::size_t kParts = 14;
inline constexpr MixContext kConstant = {1};

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

  const std::vector<double> hidden_ = {1.2, 0.3, 0.1, 0.2, 0.1, 0.1, 0.0, 0.6, 0.9, 0.0, 0.2, -0.5, 0.1, 0.0};
  SyntheticView view_{kItems, 40, 1};
  const SyntheticView* shown_ = &view_;  ///< lessons are about it
  ListBuilder builder_{RankOptions{}};
  RankScratch scratch_{builder_.options()};
};

}  // namespace freshet::mix_lessons
