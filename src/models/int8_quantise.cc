#include "models/int8_quantise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace freshet {
namespace {

constexpr float kCodeMax = 127;
constexpr float kNothing = 1e-30f;  // its reciprocal times kCodeMax is still finite

}  // namespace

float QuantiseToInt8(std::span<const float> vector, std::span<std::int8_t> codes) {
  FRESHET_ASSERT(vector.size() == codes.size());
  float largest = 0;
  bool finite = true;
  for (const float number : vector) {
    finite = finite && std::isfinite(number);
    largest = std::max(largest, std::abs(number));
  }
  std::fill(codes.begin(), codes.end(), std::int8_t{0});
  if (!finite) return std::numeric_limits<float>::quiet_NaN();
  if (largest < kNothing) return 0;
  const float inverse = kCodeMax / largest;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    codes[i] = static_cast<std::int8_t>(std::nearbyint(vector[i] * inverse));
  }
  return largest / kCodeMax;
}

}  // namespace freshet
