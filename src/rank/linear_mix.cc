#include "rank/linear_mix.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "rank/features.h"

namespace freshet {

namespace {

// Until the mix has learned better, a star more weighs like a candidate's evidence growing by half.
constexpr double kRatingPrior = 0.4;

}  // namespace

MixContext ContextOf(const UserSignals&) { return {1.0}; }

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
  const std::vector<double>& learned = global.mix_weights;
  const auto finite = [](double weight) { return std::isfinite(weight); };
  if (learned.size() == weights.values_.size() && std::all_of(learned.begin(), learned.end(), finite)) {
    weights.values_ = learned;
  }
  return weights;
}

std::array<double, kPartsMax> MixWeights::Effective(const MixContext& context,
                                                    std::span<const double> effects) const {
  std::array<double, kPartsMax> effective{};
  for (std::size_t b = 0; b < parts_; ++b) {
    for (std::size_t c = 0; c < kMixContexts; ++c) effective[b] += values_[c * parts_ + b] * context[c];
    if (b < effects.size()) effective[b] += effects[b];
  }
  return effective;
}

}  // namespace freshet
