#include "rank/user_mix.h"

#include <algorithm>

#include "base/assert.h"

namespace freshet {
namespace {

constexpr float kTasteRate = 0.3f;
constexpr double kPriorLessons = 100;
constexpr std::uint32_t kLessonsMax = 100;  // older lessons fade
constexpr std::uint64_t kEffectsMax = 256;

}  // namespace

void UserMix::Taste(std::span<const double> features) {
  FRESHET_ASSERT(features.size() == kTasteFeatures);
  for (std::size_t i = 0; i < kTasteFeatures; ++i) {
    const auto value = static_cast<float>(features[i]);
    taste[i] = lessons == 0 ? value : (1 - kTasteRate) * taste[i] + kTasteRate * value;
  }
}

void UserMix::Learn(std::span<const double> gradient, std::span<const float> gain, int sign) {
  const std::size_t parts = gradient.size();
  const std::uint32_t known = std::min(lessons, kLessonsMax);
  if (sign > 0) ++lessons;
  if (sign < 0 && lessons > 0) --lessons;
  if (gain.size() != parts * parts) return;
  if (effects.size() != parts) effects.assign(parts, 0.0f);
  const double rate = sign / (static_cast<double>(known) + kPriorLessons);
  for (std::size_t a = 0; a < parts; ++a) {
    double step = 0;
    for (std::size_t b = 0; b < parts; ++b) step += static_cast<double>(gain[a * parts + b]) * gradient[b];
    effects[a] += static_cast<float>(rate * step);
  }
}

void UserMix::Encode(ByteWriter& to) const {
  to.Varint(lessons);
  for (const float value : taste) to.Fixed(value);
  to.Varint(effects.size());
  for (const float value : effects) to.Fixed(value);
}

bool UserMix::Decode(ByteReader& from) {
  lessons = static_cast<std::uint32_t>(from.Varint());
  const bool good = ReadFinite<float>(from, taste);
  const std::uint64_t size = from.Varint();
  if (!from.ok() || size > kEffectsMax) return false;
  effects.resize(size);
  return ReadFinite<float>(from, effects) && good;
}

}  // namespace freshet
