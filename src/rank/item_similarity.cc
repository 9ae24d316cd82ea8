#include "rank/item_similarity.h"

#include <algorithm>
#include <cmath>

#include "models/float_lanes.h"

namespace freshet {

float InverseLength(const ItemModel& item) {
  const float square = item.has_factor ? Dot(item.factor, item.factor) : 0;
  return square > 0 ? 1 / std::sqrt(square) : 0;
}

float SimilarityOf(const ItemModel& a, float inverse_length_a, const ItemModel& b, float inverse_length_b) {
  if (inverse_length_a > 0 && inverse_length_b > 0)
    return std::clamp(Dot(a.factor, b.factor) * inverse_length_a * inverse_length_b, 0.0f, 1.0f);
  return !a.category.empty() && a.category == b.category ? 1.0f : 0.0f;
}

}  // namespace freshet
