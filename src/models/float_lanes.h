#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "freshet/model.h"

namespace freshet {

// Eight floats at a time with a fixed order of operations: the same bits whatever the compiler vectorises.
// Compiler vector types, not intrinsics, so that the code also builds where AVX is missing.

using FloatLanes = float __attribute__((vector_size(32)));
using IntLanes = std::int32_t __attribute__((vector_size(32)));

/// `count` rounded up to a multiple of 8.
constexpr std::size_t WholeLanes(std::size_t count) { return (count + 7) / 8 * 8; }

inline FloatLanes LoadLanes(const float* from) {
  FloatLanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

inline void StoreLanes(float* to, FloatLanes lanes) { std::memcpy(to, &lanes, sizeof lanes); }

inline FloatLanes FillLanes(float value) {
  return FloatLanes{value, value, value, value, value, value, value, value};
}

/// Pairwise: ((0+4)+(2+6)) + ((1+5)+(3+7)).
inline float SumLanes(FloatLanes v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

inline float Dot(const Factor& a, const Factor& b) {
  FloatLanes even = LoadLanes(a.data()) * LoadLanes(b.data());
  FloatLanes odd = LoadLanes(a.data() + 8) * LoadLanes(b.data() + 8);
  for (std::size_t i = 16; i < kFactors; i += 16) {
    even += LoadLanes(a.data() + i) * LoadLanes(b.data() + i);
    odd += LoadLanes(a.data() + i + 8) * LoadLanes(b.data() + i + 8);
  }
  return SumLanes(even + odd);
}

/// to += scale * from.
inline void AddScaled(Factor& to, float scale, const Factor& from) {
  const FloatLanes lanes = FillLanes(scale);
  for (std::size_t i = 0; i < kFactors; i += 8) {
    StoreLanes(to.data() + i, LoadLanes(to.data() + i) + lanes * LoadLanes(from.data() + i));
  }
}

/// log2 of normal positive floats; absolute error below 2e-7 + 1e-7 |result|.
inline FloatLanes Log2(FloatLanes x) {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  IntLanes bits;
  std::memcpy(&bits, &x, sizeof bits);
  const IntLanes exponent = (bits - kSqrtHalf) >> 23;
  const IntLanes mantissa_bits = bits - (exponent << 23);
  FloatLanes mantissa;
  std::memcpy(&mantissa, &mantissa_bits, sizeof mantissa);
  const FloatLanes s = (mantissa - 1.0f) / (mantissa + 1.0f);
  const FloatLanes z = s * s;
  FloatLanes p = z * (1.0f / 9) + (1.0f / 7);
  p = p * z + (1.0f / 5);
  p = p * z + (1.0f / 3);
  p = p * z + 1.0f;
  return __builtin_convertvector(exponent, FloatLanes) + s * p * 2.885390082f;
}

/// 2^x for x in [-126, 126]; relative error below 3e-7. Arguments outside give garbage: clamp first.
inline FloatLanes Exp2(FloatLanes x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  const FloatLanes whole = (x + kRound) - kRound;
  const FloatLanes y = (x - whole) * 0.693147181f;
  FloatLanes p = y * (1.0f / 5040) + (1.0f / 720);
  p = p * y + (1.0f / 120);
  p = p * y + (1.0f / 24);
  p = p * y + (1.0f / 6);
  p = p * y + 0.5f;
  p = p * y + 1.0f;
  p = p * y + 1.0f;
  const IntLanes power_bits = (__builtin_convertvector(whole, IntLanes) + 127) << 23;
  FloatLanes power;
  std::memcpy(&power, &power_bits, sizeof power);
  return p * power;
}

/// Each value becomes scale * log(1 + value), values >= 0. The size must be a multiple of 8.
inline void ScaledLog1p(float scale, std::span<float> values) {
  const FloatLanes factor = FillLanes(scale * 0.693147181f);
  for (std::size_t i = 0; i < values.size(); i += 8) {
    StoreLanes(&values[i], factor * Log2(LoadLanes(&values[i]) + 1.0f));
  }
}

/// Each value > 0 becomes value^exponent; |exponent * log2(value)| <= 126. The size must be a multiple of 8.
inline void RaiseTo(float exponent, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); i += 8) {
    StoreLanes(&values[i], Exp2(Log2(LoadLanes(&values[i])) * exponent));
  }
}

}  // namespace freshet
