#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace freshet {

// Elementary functions from additions, multiplications and divisions alone, so that what is stored or ranked
// has the same bits on every machine and with every C library. Relative error below 1e-14
// (tests/unit/models).

inline constexpr double kLn2 = 0.693147180559945309417;
inline constexpr double kInvLn2 = 1.442695040888963407360;

namespace exact_math_internal {

/// atanh(s) / s for |s| <= 0.1716 as a polynomial in s^2.
inline double AtanhOverS(double s) {
  const double z = s * s;
  double p = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return p * z + 1.0;
}

struct Binary {
  double mantissa;  ///< in [sqrt(1/2), sqrt(2))
  double exponent;
};

inline Binary Split(double x) {
  std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  std::int64_t shift = 0;
  if ((bits >> 52) == 0) {  // subnormal: normalise by an exact product
    bits = std::bit_cast<std::uint64_t>(x * 0x1.0p54);
    shift = -54;
  }
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdULL;
  const std::uint64_t offset = bits - kSqrtHalf;
  const std::int64_t exponent = static_cast<std::int64_t>(offset) >> 52;
  const std::uint64_t mantissa = bits - (static_cast<std::uint64_t>(exponent) << 52);
  return {std::bit_cast<double>(mantissa), static_cast<double>(exponent + shift)};
}

}  // namespace exact_math_internal

/// Natural logarithm. -infinity for x <= 0; x must be finite.
inline double Log(double x) {
  if (!(x > 0)) return -std::numeric_limits<double>::infinity();
  const auto [mantissa, exponent] = exact_math_internal::Split(x);
  const double s = (mantissa - 1) / (mantissa + 1);
  return exponent * kLn2 + 2 * s * exact_math_internal::AtanhOverS(s);
}

/// Base 2; exact for powers of two. -infinity for x <= 0; x must be finite.
inline double Log2(double x) {
  if (!(x > 0)) return -std::numeric_limits<double>::infinity();
  const auto [mantissa, exponent] = exact_math_internal::Split(x);
  const double s = (mantissa - 1) / (mantissa + 1);
  return exponent + 2 * kInvLn2 * (s * exact_math_internal::AtanhOverS(s));
}

/// 2^x; exact for whole x. 0 below the normal range, infinity above it.
inline double Exp2(double x) {
  if (!(x >= -1022)) return 0;
  if (x >= 1023.5) return std::numeric_limits<double>::infinity();
  const double whole = std::floor(x + 0.5);
  const double y = (x - whole) * kLn2;
  double p = 1.0 / 6227020800;
  p = p * y + 1.0 / 479001600;
  p = p * y + 1.0 / 39916800;
  p = p * y + 1.0 / 3628800;
  p = p * y + 1.0 / 362880;
  p = p * y + 1.0 / 40320;
  p = p * y + 1.0 / 5040;
  p = p * y + 1.0 / 720;
  p = p * y + 1.0 / 120;
  p = p * y + 1.0 / 24;
  p = p * y + 1.0 / 6;
  p = p * y + 0.5;
  p = p * y + 1.0;
  p = p * y + 1.0;
  const auto power = static_cast<std::uint64_t>(static_cast<std::int64_t>(whole) + 1023) << 52;
  return p * std::bit_cast<double>(power);
}

inline double Exp(double x) { return Exp2(x * kInvLn2); }

/// x^y for x > 0; 0 for x <= 0.
inline double Pow(double x, double y) { return x > 0 ? Exp2(y * Log2(x)) : 0; }

}  // namespace freshet
