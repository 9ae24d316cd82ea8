#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "freshet/model.h"
#include "rank/candidate_pool.h"

namespace freshet {

struct VectorQuestion {
  VectorSpace space;
  std::span<const float> query;
  /// What the query's product with the item's vector stands for, with its bias: in one order of operations,
  /// so that the candidates are the same on each processor.
  std::function<float(const ItemModel&)> exact;
  std::size_t limit = 0;
};

/// Searches all items that have a vector and puts the strongest that are eligible and score more than 0 on
/// the shortlist. The mass is the sum of the positive scores of all items of the space as their 8-bit
/// integers give it, the user's own among them. Nothing happens where there is nothing to search.
void ProposeByVector(const VectorQuestion& question, std::size_t generator, CandidatePool& pool);

}  // namespace freshet
