#include "app/policy_config.h"

#include <algorithm>
#include <optional>

#include "base/hash.h"

namespace freshet {
namespace {

Rule::Action ActionOf(RuleAction action) {
  switch (action) {
    case RuleAction::kBoost:
      return Rule::Action::kBoost;
    case RuleAction::kBury:
      return Rule::Action::kBury;
    case RuleAction::kPin:
      return Rule::Action::kPin;
    case RuleAction::kExclude:
      return Rule::Action::kExclude;
    case RuleAction::kOnly:
      return Rule::Action::kOnly;
  }
  return Rule::Action::kBoost;
}

ItemMatch MatchOf(const RuleConfig& rule) {
  ItemMatch match;
  for (const std::string& item : rule.items) match.items.push_back(KeyOfItem(item));
  std::sort(match.items.begin(), match.items.end());
  match.types = rule.types;
  const auto add = [&](Facet::Kind kind, const std::vector<std::string>& names) {
    for (const std::string& name : names) match.facets.push_back({kind, Hash64(name)});
  };
  add(Facet::Kind::kTopic, rule.topics);
  add(Facet::Kind::kProvider, rule.providers);
  add(Facet::Kind::kSkill, rule.skills);
  add(Facet::Kind::kLanguage, rule.languages);
  add(Facet::Kind::kCurrency, rule.currencies);
  std::sort(match.facets.begin(), match.facets.end());
  if (rule.price_min >= 0) match.price_min = rule.price_min;
  if (rule.price_max >= 0) match.price_max = rule.price_max;
  return match;
}

Rule RuleOf(const std::string& name, const RuleConfig& rule) {
  return {name,
          ActionOf(rule.action),
          rule.surfaces,
          MatchOf(rule),
          rule.amount,
          static_cast<std::size_t>(rule.place),
          static_cast<std::size_t>(rule.count)};
}

}  // namespace

PolicyOptions PolicyOptionsOf(const Config& config) {
  PolicyOptions policies;
  for (const auto& [name, rule] : config.rules) policies.rules.push_back(RuleOf(name, rule));
  policies.caps = {static_cast<std::size_t>(config.diversity.category_items),
                   static_cast<std::size_t>(config.diversity.category_levels),
                   static_cast<std::size_t>(config.diversity.provider_items)};
  policies.diversity = config.diversity.weight;
  return policies;
}

}  // namespace freshet
