#include "operators/item_facets.h"

#include <algorithm>
#include <string_view>

#include "base/hash.h"

namespace freshet {
namespace {

void Add(Facet::Kind kind, std::string_view name, std::vector<Facet>& to) {
  const Facet facet{kind, Hash64(name)};
  if (name.empty() || to.size() == kItemFacetsMax || std::find(to.begin(), to.end(), facet) != to.end())
    return;
  to.push_back(facet);
}

}  // namespace

std::vector<Facet> FacetsOf(const CatalogueItem& item) {
  std::vector<Facet> facets;
  Add(Facet::Kind::kProvider, item.provider, facets);
  Add(Facet::Kind::kLanguage, item.language, facets);
  Add(Facet::Kind::kCurrency, item.currency, facets);
  if (item.item_type == "skill") Add(Facet::Kind::kSkill, item.item_id, facets);
  std::vector<const TaughtSkill*> skills;
  for (const TaughtSkill& skill : item.teaches) skills.push_back(&skill);
  std::stable_sort(skills.begin(), skills.end(), [](const TaughtSkill* a, const TaughtSkill* b) {
    return a->weight.value_or(1) > b->weight.value_or(1);
  });
  for (const TaughtSkill* skill : skills) Add(Facet::Kind::kSkill, skill->skill_id, facets);
  for (std::string_view path : item.categories) {
    while (!path.empty()) {
      Add(Facet::Kind::kTopic, path, facets);
      const std::size_t slash = path.rfind('/');
      path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    }
  }
  for (const std::string& tag : item.tags) Add(Facet::Kind::kTopic, tag, facets);
  return facets;
}

}  // namespace freshet
