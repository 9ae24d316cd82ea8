#include "models/lazy_adam.h"

#include <algorithm>
#include <cmath>

#include "models/fused_lanes.h"

namespace freshet {
namespace {

constexpr float kBeta1 = 0.9f;
constexpr float kBeta2 = 0.99f;
constexpr float kEpsilon = 1e-8f;

}  // namespace

LazyAdam::LazyAdam(float rate) {
  double first = 1;
  double second = 1;
  for (Correction& correction : corrections_) {
    first *= 0.9;
    second *= 0.99;
    correction.first = static_cast<float>(static_cast<double>(rate) / (1 - first));
    correction.second = static_cast<float>(1 / (1 - second));
  }
}

const LazyAdam::Correction& LazyAdam::At(std::uint32_t steps) const {
  return corrections_[std::clamp<std::size_t>(steps, 1, kSteps) - 1];
}

void LazyAdam::Step(const NetVector& gradient, std::uint32_t steps, AdamMoments& moments,
                    NetVector& value) const {
  const Correction& correction = At(steps);
  const FloatLanes rate = FillLanes(correction.first);
  const FloatLanes scale = FillLanes(correction.second);
  const FloatLanes beta1 = FillLanes(kBeta1);
  const FloatLanes beta2 = FillLanes(kBeta2);
  for (std::size_t i = 0; i < kNetWidth; i += 8) {
    const FloatLanes g = LoadLanes(gradient.data() + i);
    const FloatLanes m = FusedMultiplyAdd(beta1, LoadLanes(moments.first.data() + i), (1 - kBeta1) * g);
    const FloatLanes v = FusedMultiplyAdd(beta2, LoadLanes(moments.second.data() + i), (1 - kBeta2) * g * g);
    const FloatLanes change = rate * m / (SquareRoot(v * scale) + kEpsilon);
    StoreLanes(moments.first.data() + i, m);
    StoreLanes(moments.second.data() + i, v);
    StoreLanes(value.data() + i, Between(-kValueMax, LoadLanes(value.data() + i) - change, kValueMax));
  }
}

void LazyAdam::Step(float gradient, std::uint32_t steps, Scalar& scalar) const {
  const Correction& correction = At(steps);
  scalar.first = kBeta1 * scalar.first + (1 - kBeta1) * gradient;
  scalar.second = kBeta2 * scalar.second + (1 - kBeta2) * gradient * gradient;
  const float change =
      correction.first * scalar.first / (std::sqrt(scalar.second * correction.second) + kEpsilon);
  scalar.value = std::clamp(scalar.value - change, -kValueMax, kValueMax);
}

}  // namespace freshet
