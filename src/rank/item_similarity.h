#pragma once

#include "freshet/model.h"

namespace freshet {

/// 1 over the length of the item's factor; 0 where it has none.
float InverseLength(const ItemModel& item);

/// How much alike two items are to those who take them, 0 to 1: the cosine of their factors, which people who
/// took both have drawn together; for an item without a factor, whether both are of one category.
float SimilarityOf(const ItemModel& a, float inverse_length_a, const ItemModel& b, float inverse_length_b);

}  // namespace freshet
