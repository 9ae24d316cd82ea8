#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace freshet {

/// Item features whose running means over what a user took are a context of its lists: events, recency, age.
inline constexpr std::size_t kTasteFeatures = 3;

/// What the mix knows of one user: additions v to the weights of the parts, and its taste in item features.
struct UserMix {
  std::array<float, kTasteFeatures> taste{};
  std::uint32_t lessons = 0;   ///< learned, less those taken back
  std::vector<float> effects;  ///< by part; empty: none yet

  /// Moves the taste three tenths of the way to an item's features; the first one sets it.
  void Taste(std::span<const double> features);
  /// v <- v + sign * gain * gradient / (lessons + 100): a Newton step of ridge regression whose prior is
  /// worth 100 lessons, with the mean curvature for the user's own (docs/adr/0011). `gain` is parts x parts,
  /// row-major; of another size: nothing is learned.
  void Learn(std::span<const double> gradient, std::span<const float> gain, int sign);

  void Encode(ByteWriter& to) const;
  /// False when the bytes are not a user's mix.
  bool Decode(ByteReader& from);
  bool operator==(const UserMix&) const = default;
};

}  // namespace freshet
