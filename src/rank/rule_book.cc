#include "rank/rule_book.h"

#include <algorithm>

namespace freshet {
namespace {

bool IsFor(const Rule& rule, std::string_view surface) {
  return rule.surfaces.empty() ||
         std::find(rule.surfaces.begin(), rule.surfaces.end(), surface) != rule.surfaces.end();
}

}  // namespace

RuleBook::RuleBook(std::span<const Rule> rules, std::string_view surface) {
  for (const Rule& rule : rules) {
    if (!IsFor(rule, surface)) continue;
    const bool filter = rule.action == Rule::Action::kExclude || rule.action == Rule::Action::kOnly;
    (filter ? filters_ : rule.action == Rule::Action::kPin ? pins_ : weights_).push_back(rule);
  }
  std::sort(pins_.begin(), pins_.end(), [](const Rule& a, const Rule& b) {
    return a.place != b.place ? a.place < b.place : a.name < b.name;
  });
}

bool RuleBook::Lets(const ItemModel& item) const {
  return std::all_of(filters_.begin(), filters_.end(), [&](const Rule& rule) {
    return rule.match.Holds(item) == (rule.action == Rule::Action::kOnly);
  });
}

double RuleBook::AmountFor(const ItemModel& item) const {
  double amount = 0;
  for (const Rule& rule : weights_) {
    if (rule.match.Holds(item)) amount += rule.action == Rule::Action::kBury ? -rule.amount : rule.amount;
  }
  return amount;
}

std::vector<std::string> RuleBook::NamesFor(const ItemModel& item, bool pinned) const {
  std::vector<std::string> names;
  const auto add = [&](const Rule& rule) {
    if (rule.match.Holds(item)) names.push_back(rule.name);
  };
  if (pinned) std::for_each(pins_.begin(), pins_.end(), add);
  std::for_each(weights_.begin(), weights_.end(), add);
  return names;
}

}  // namespace freshet
