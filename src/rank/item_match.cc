#include "rank/item_match.h"

#include <algorithm>

namespace freshet {

bool ItemMatch::Holds(const ItemModel& item) const {
  if (!items.empty() && !std::binary_search(items.begin(), items.end(), item.key)) return false;
  if (!types.empty() && std::find(types.begin(), types.end(), item.item_type) == types.end()) return false;
  return HoldsPrice(item) && HoldsFacets(item);
}

bool ItemMatch::HoldsPrice(const ItemModel& item) const {
  if (!price_min && !price_max) return true;
  return item.price && (!price_min || *item.price >= *price_min) && (!price_max || *item.price <= *price_max);
}

bool ItemMatch::HoldsFacets(const ItemModel& item) const {
  for (auto first = facets.begin(); first != facets.end();) {
    const auto last =
        std::find_if(first, facets.end(), [&](const Facet& facet) { return facet.kind != first->kind; });
    const bool one = std::any_of(item.facets.begin(), item.facets.end(),
                                 [&](const Facet& facet) { return std::binary_search(first, last, facet); });
    if (!one) return false;
    first = last;
  }
  return true;
}

}  // namespace freshet
