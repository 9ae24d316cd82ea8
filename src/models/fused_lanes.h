#pragma once

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include <cmath>

#include "models/float_lanes.h"

namespace freshet {

// What the network's inner loops need beyond float_lanes.h. Fused products are asked for by name, so that
// their one rounding is part of the source; without the instructions the same bits come from the C library.

/// a * b + c with one rounding.
inline FloatLanes FusedMultiplyAdd(FloatLanes a, FloatLanes b, FloatLanes c) {
#if defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  for (int i = 0; i < 8; ++i) c[i] = std::fma(a[i], b[i], c[i]);
  return c;
#endif
}

/// Correctly rounded, as IEEE 754 wants it.
inline FloatLanes SquareRoot(FloatLanes x) {
#if defined(__AVX__)
  return _mm256_sqrt_ps(x);
#else
  for (int i = 0; i < 8; ++i) x[i] = std::sqrt(x[i]);
  return x;
#endif
}

inline FloatLanes Larger(FloatLanes a, FloatLanes b) { return a > b ? a : b; }
inline FloatLanes Smaller(FloatLanes a, FloatLanes b) { return a < b ? a : b; }
inline FloatLanes Between(float low, FloatLanes x, float high) {
  return Smaller(Larger(x, FillLanes(low)), FillLanes(high));
}

/// e^x for x <= 80, and exactly 0 below -60: what is smaller would only breed subnormal numbers.
inline FloatLanes ExpOrZero(FloatLanes x) {
  constexpr float kLog2OfE = 1.442695041f;
  const FloatLanes power = Exp2(Larger(x, FillLanes(-60)) * kLog2OfE);
  return x < -60.0f ? FloatLanes{} : power;
}

/// Eight partial sums of the dot product; `count` a multiple of 16.
inline FloatLanes DotLanes(const float* a, const float* b, std::size_t count) {
  FloatLanes even{};
  FloatLanes odd{};
  for (std::size_t i = 0; i < count; i += 16) {
    even = FusedMultiplyAdd(LoadLanes(a + i), LoadLanes(b + i), even);
    odd = FusedMultiplyAdd(LoadLanes(a + i + 8), LoadLanes(b + i + 8), odd);
  }
  return even + odd;
}

/// to += scale * from, fused; `count` a multiple of 8.
inline void AddFused(float* to, float scale, const float* from, std::size_t count) {
  const FloatLanes lanes = FillLanes(scale);
  for (std::size_t i = 0; i < count; i += 8) {
    StoreLanes(to + i, FusedMultiplyAdd(lanes, LoadLanes(from + i), LoadLanes(to + i)));
  }
}

}  // namespace freshet
