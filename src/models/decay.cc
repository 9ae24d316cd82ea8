#include "models/decay.h"

#include <algorithm>

#include "base/assert.h"
#include "models/exact_math.h"

namespace freshet {

Timestamp LandmarkFor(Timestamp at, HalfLife half_life) {
  FRESHET_ASSERT(half_life.ms > 0);
  std::int64_t cell = at.ms / half_life.ms;
  if (at.ms % half_life.ms < 0) --cell;
  return {cell * half_life.ms};
}

double WeightAt(Timestamp at, Timestamp landmark, HalfLife half_life) {
  if (at == landmark) return 1;
  return Exp2(static_cast<double>(at.ms - landmark.ms) / static_cast<double>(half_life.ms));
}

void Add(DecayedSum& sum, double weight, Timestamp at, HalfLife half_life) {
  Merge(sum, {weight * WeightAt(at, LandmarkFor(at, half_life), half_life), LandmarkFor(at, half_life)},
        half_life);
}

void Merge(DecayedSum& into, const DecayedSum& from, HalfLife half_life) {
  if (from.sum == 0) return;
  if (into.sum == 0) {
    into = from;
    return;
  }
  const Timestamp landmark = std::max(into.landmark, from.landmark);
  into.sum = into.sum * WeightAt(into.landmark, landmark, half_life) +
             from.sum * WeightAt(from.landmark, landmark, half_life);
  into.landmark = landmark;
}

double ValueAt(const DecayedSum& sum, Timestamp at, HalfLife half_life) {
  return sum.sum * WeightAt(sum.landmark, at, half_life);
}

DecayReader::DecayReader(Timestamp at, HalfLife half_life)
    : at_(at),
      half_life_(half_life),
      landmark_(LandmarkFor(at, half_life)),
      per_half_life_(1 / static_cast<double>(half_life.ms)),
      since_landmark_(WeightAt(landmark_, at, half_life)) {}

double LogScore(const DecayedSum& sum, HalfLife half_life) {
  return Log2(sum.sum) + static_cast<double>(sum.landmark.ms) / static_cast<double>(half_life.ms);
}

}  // namespace freshet
