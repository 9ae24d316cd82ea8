#pragma once

#include <cstdint>

#include "base/hash.h"

namespace freshet {

/// SplitMix64 (Steele, Lea, Flood 2014). Seeded, so that a run is replayable. Not for secrets.
class Random final {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() { return MixBits(state_ += 0x9e3779b97f4a7c15ULL); }
  std::uint64_t Below(std::uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Uniform() < probability; }
  /// A generator with this seed goes on where this one stands.
  std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace freshet
