#include "rank/linear_mix.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "models/exact_math.h"
#include "rank/features.h"
#include "rank/user_mix.h"

namespace freshet {

namespace {

constexpr double kLengthMiddle = 3;  // of the logarithm of a history's length
// Until the mix has learned better, a star more weighs like a candidate's evidence growing by half.
constexpr double kRatingPrior = 0.4;
// About the middle of each item feature of what users take.
constexpr std::array<double, kTasteFeatures> kTasteMiddle = {1.5, 1, 2.5};

}  // namespace

MixContext ContextOf(const UserSignals& signals, bool first_lists) {
  MixContext context{};
  context[0] = 1;
  if (signals.history.empty() && first_lists) {
    context[1] = -kLengthMiddle / 2;
    context[3] = context[1] * context[1] - 0.5;
  }
  if (signals.history.empty()) return context;
  const std::int64_t since = std::max<std::int64_t>(0, signals.now.ms - signals.history.back().at.ms);
  const double length = (Log(1 + static_cast<double>(signals.history.size())) - kLengthMiddle) / 2;
  const double gap = (Log(1 + static_cast<double>(since) / 1000) - 5) / 5;
  context[1] = length;
  context[2] = gap;
  context[3] = length * length - 0.5;
  context[4] = gap * gap - 0.5;
  context[5] = length * gap;
  if (signals.mix == nullptr || signals.mix->lessons == 0) return context;
  for (std::size_t i = 0; i < kTasteFeatures; ++i)
    context[6 + i] = static_cast<double>(signals.mix->taste[i]) - kTasteMiddle[i];
  return context;
}

MixWeights::MixWeights(std::size_t generators, std::size_t parts)
    : parts_(parts), values_(kMixContexts * parts, 0.0) {
  FRESHET_ASSERT(generators > 0);
  FRESHET_ASSERT(generators <= parts);
  FRESHET_ASSERT(parts <= kPartsMax);
  std::fill_n(values_.begin(), generators, 1.0 / static_cast<double>(generators));
  if (generators + kRatingsFeature < parts) values_[generators + kRatingsFeature] = kRatingPrior;
}

MixWeights MixWeights::From(const GlobalModel& global, std::size_t generators, std::size_t parts) {
  MixWeights weights(generators, parts);
  const std::vector<double>& learned = global.mix.weights;
  const auto finite = [](double weight) { return std::isfinite(weight); };
  if (learned.size() == weights.values_.size() && std::all_of(learned.begin(), learned.end(), finite)) {
    weights.values_ = learned;
  }
  return weights;
}

std::array<double, kPartsMax> MixWeights::Effective(const MixContext& context,
                                                    std::span<const float> effects) const {
  std::array<double, kPartsMax> effective{};
  for (std::size_t b = 0; b < parts_; ++b) {
    for (std::size_t c = 0; c < kMixContexts; ++c) effective[b] += values_[c * parts_ + b] * context[c];
    if (b < effects.size()) effective[b] += static_cast<double>(effects[b]);
  }
  return effective;
}

}  // namespace freshet
