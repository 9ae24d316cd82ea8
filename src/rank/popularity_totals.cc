#include "rank/popularity_totals.h"

#include <span>

#include "models/exact_math.h"

namespace freshet {

void PopularityTotals::Use(const ItemView& of) {
  if (view == &of && version == of.Version()) return;
  view = &of;
  version = of.Version();
  for (std::size_t h = 0; h < kHalfLives; ++h) {
    const std::span<const PopularItem> popular = of.Popular(h);
    log_max[h] = popular.empty() ? 0 : popular.front().log_score;
    relative_sum[h] = 0;
    for (const PopularItem& item : popular) relative_sum[h] += Exp2(item.log_score - log_max[h]);
  }
}

}  // namespace freshet
