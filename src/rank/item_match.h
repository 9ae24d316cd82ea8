#pragma once

#include <optional>
#include <string>
#include <vector>

#include "freshet/model.h"

namespace freshet {

/// Which items a rule is about. Every kind of condition that is given must hold; of one kind, any of its
/// entries will do. Without a condition it holds for every item.
struct ItemMatch {
  std::vector<ItemKey> items;       ///< sorted
  std::vector<std::string> types;   ///< of CatalogueItem::item_type
  std::vector<Facet> facets;        ///< sorted: those of one kind are one condition
  std::optional<double> price_min;  ///< an item without a price has none of these
  std::optional<double> price_max;

  bool Holds(const ItemModel& item) const;

 private:
  bool HoldsFacets(const ItemModel& item) const;
  bool HoldsPrice(const ItemModel& item) const;
};

}  // namespace freshet
