#include "app/policy_config.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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

/// What a strategy weighs where the configuration does not say: how each came about is in its name.
std::map<std::string, double, std::less<>> BuiltIn(std::string_view surface) {
  if (surface == "similar") return {{"co_occurrence", 1}, {"factors", 1}};
  if (surface == "also_bought") return {{"co_history", 1}};
  if (surface == "complements") return {{"transitions", 1}};
  if (surface == "next_in_session") return {{"session_knn", 1}, {"transitions", 1}};
  if (surface == "trending") return {{"popularity_recent", 1}, {"popularity_long", -1}};
  return {};
}

Strategy::Past PastOf(StrategyPast past) {
  switch (past) {
    case StrategyPast::kSession:
      return Strategy::Past::kSession;
    case StrategyPast::kLast:
      return Strategy::Past::kLast;
    case StrategyPast::kAll:
      break;
  }
  return Strategy::Past::kAll;
}

Strategy StrategyOf(std::string_view surface, const StrategyConfig& config) {
  Strategy strategy;
  strategy.name = surface;
  strategy.weights = {config.weights.begin(), config.weights.end()};
  if (strategy.weights.empty()) strategy.weights = BuiltIn(surface);
  strategy.past = PastOf(config.past);
  if (config.candidates == StrategyCandidates::kUnfinished)
    strategy.candidates = Strategy::Candidates::kUnfinished;
  strategy.newer_than_ms = config.newer_than.count();
  strategy.other_categories = config.other_categories;
  return strategy;
}

}  // namespace

PolicyOptions PolicyOptionsOf(const Config& config) {
  PolicyOptions policies;
  for (const auto& [name, rule] : config.rules) policies.rules.push_back(RuleOf(name, rule));
  policies.caps = {static_cast<std::size_t>(config.diversity.category_items),
                   static_cast<std::size_t>(config.diversity.category_levels),
                   static_cast<std::size_t>(config.diversity.provider_items)};
  policies.diversity = config.diversity.weight;
  policies.exploration = {config.exploration.share, static_cast<std::size_t>(config.exploration.place),
                          config.exploration.spread};
  policies.strategies.clear();
  for (std::size_t i = 0; i < kSurfaces.size(); ++i)
    policies.strategies.push_back(StrategyOf(kSurfaces[i], config.strategies.by_surface[i]));
  return policies;
}

}  // namespace freshet
