#include "rank/list_caps.h"

#include <algorithm>
#include <optional>

namespace freshet {
namespace {

std::optional<Facet> ProviderOf(const ItemModel& item) {
  const auto provider = std::find_if(item.facets.begin(), item.facets.end(),
                                     [](const Facet& facet) { return facet.kind == Facet::Kind::kProvider; });
  return provider == item.facets.end() ? std::nullopt : std::optional(*provider);
}

// Lists are short: a look through them is quicker than a table.
template <typename Tallies, typename Name>
auto Find(Tallies& tallies, const Name& name) {
  return std::find_if(tallies.begin(), tallies.end(), [&](const auto& tally) { return tally.name == name; });
}

template <typename Tallies, typename Name>
void CountOne(Tallies& tallies, const Name& name) {
  const auto found = Find(tallies, name);
  if (found == tallies.end()) {
    tallies.push_back({name, 1});
  } else {
    ++found->items;
  }
}

template <typename Tallies, typename Name>
bool HasRoom(const Tallies& tallies, const Name& name, std::size_t cap) {
  const auto found = Find(tallies, name);
  return found == tallies.end() || found->items < cap;
}

}  // namespace

std::string_view ListCaps::CategoryOf(const ItemModel& item) const {
  const std::string_view path = item.category;
  if (options_.category_levels == 0) return path;
  std::size_t end = 0;
  for (std::size_t level = 0; level < options_.category_levels && end != std::string_view::npos; ++level)
    end = path.find('/', level == 0 ? 0 : end + 1);
  return path.substr(0, end);
}

bool ListCaps::Allow(const ItemModel& item) const {
  const std::string_view category = CategoryOf(item);
  if (options_.category_items > 0 && !category.empty() &&
      !HasRoom(categories_, category, options_.category_items))
    return false;
  if (options_.provider_items == 0) return true;
  const auto provider = ProviderOf(item);
  return !provider || HasRoom(providers_, *provider, options_.provider_items);
}

void ListCaps::Count(const ItemModel& item) {
  const std::string_view category = CategoryOf(item);
  if (options_.category_items > 0 && !category.empty()) CountOne(categories_, category);
  if (options_.provider_items == 0) return;
  if (const auto provider = ProviderOf(item)) CountOne(providers_, *provider);
}

}  // namespace freshet
