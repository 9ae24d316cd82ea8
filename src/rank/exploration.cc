#include "rank/exploration.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/hash.h"
#include "models/exact_math.h"

namespace freshet {
namespace {

/// Of the integral over an item's own draws: doubling them changed no probability above 1e-3 by 1 %.
constexpr std::size_t kSteps = 64;

/// In (0, 1), by a hash.
double UniformOf(std::uint64_t seed, std::uint64_t what) {
  const std::uint64_t bits = MixBits(seed ^ MixBits(what)) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

double Logit(double u) { return Log(u / (1 - u)); }

/// 1 / (1 + exp(-x)), for any x.
double Logistic(double x) { return 1 / (1 + Exp(-std::clamp(x, -500.0, 500.0))); }

}  // namespace

double ThompsonSampler::ScaleOf(const Explorable& item) const {
  return spread_ / std::sqrt(1 + static_cast<double>(item.events));
}

std::size_t ThompsonSampler::Draw(std::span<const Explorable> items) const {
  FRESHET_ASSERT(!items.empty());
  std::size_t best = 0;
  double highest = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double draw = items[i].score + ScaleOf(items[i]) * Logit(UniformOf(seed_, items[i].item.value));
    const bool tie = draw == highest && items[i].item < items[best].item;
    if (i > 0 && draw <= highest && !tie) continue;
    best = i;
    highest = draw;
  }
  return best;
}

double ThompsonSampler::ProbabilityOf(std::size_t index, std::span<const Explorable> items) const {
  double sum = 0;
  double weights = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    // 1 - u = t^3: an item of which little is known wins by its highest draws alone, so these are dense.
    const double t = (static_cast<double>(step) + 0.5) / kSteps;
    const double own = Log((1 - t * t * t) / (t * t * t));
    const double draw = items[index].score + ScaleOf(items[index]) * own;
    double wins = 1;
    for (std::size_t i = 0; i < items.size() && wins > 1e-12; ++i) {
      if (i != index) wins *= Logistic((draw - items[i].score) / ScaleOf(items[i]));
    }
    sum += t * t * wins;
    weights += t * t;
  }
  return sum / weights;
}

double ExploringProbability(const ExplorationOptions& options, std::size_t k) {
  return std::min(1.0, options.share * static_cast<double>(k));
}

bool Explores(const ExplorationOptions& options, std::size_t k, std::uint64_t seed) {
  constexpr std::uint64_t kWhether = 0x6578706c6f726573;  // no item's key is drawn with it
  return options.share > 0 && UniformOf(seed, kWhether) < ExploringProbability(options, k);
}

}  // namespace freshet
