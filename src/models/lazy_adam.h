#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/ema_mixer.h"

namespace freshet {

struct AdamMoments {
  NetVector first;
  NetVector second;
};

/// Adam (Kingma, Ba 2015) for one row at a time: a row that no gradient reached stays as it is, and the bias
/// of its moments is corrected by its own number of steps.
class LazyAdam final {
 public:
  explicit LazyAdam(float rate);
  /// `steps` counts this one. Values are kept within +-kValueMax, so that no sum of theirs overflows.
  void Step(const NetVector& gradient, std::uint32_t steps, AdamMoments& moments, NetVector& value) const;
  struct Scalar {
    float value = 0;
    float first = 0;
    float second = 0;
  };
  void Step(float gradient, std::uint32_t steps, Scalar& scalar) const;

  static constexpr float kValueMax = 16;

 private:
  /// Beyond these the corrections are 1 in float.
  static constexpr std::size_t kSteps = 2048;
  struct Correction {
    float first = 1;   ///< rate / (1 - beta1^steps)
    float second = 1;  ///< 1 / (1 - beta2^steps)
  };
  const Correction& At(std::uint32_t steps) const;

  std::array<Correction, kSteps> corrections_;
};

}  // namespace freshet
