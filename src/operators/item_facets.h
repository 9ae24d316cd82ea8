#pragma once

#include <vector>

#include "freshet/event.h"
#include "freshet/model.h"

namespace freshet {

/// What the catalogue says an item has in common with others: its provider, its language, the currency of its
/// price; the skills it teaches, the one of the largest weight first (a skill is its own first); its topics,
/// which are each category's path with the paths above it, the catalogue's first category first, and then its
/// tags. At most kItemFacetsMax.
inline constexpr std::size_t kItemFacetsMax = 64;
std::vector<Facet> FacetsOf(const CatalogueItem& item);

}  // namespace freshet
