#pragma once

#include <string>
#include <vector>

#include "base/hash.h"
#include "rank/list_builder.h"
#include "rank/list_policy.h"
#include "unit/rank/synthetic_view.h"

namespace freshet {

/// A user of a made-up shop whose lists are made under policies.
class PolicyShop {
 public:
  static constexpr std::size_t kItems = 600;

  PolicyShop() {
    Random random(1);
    history_ = SyntheticHistory(kItems, 30, random);
    for (const HistoryEvent& event : history_) seen_.insert(event.item);
    for (std::size_t i = 0; i < kItems; ++i) Describe(i);
  }

  /// Item i: category "c<i mod 3>/s<i mod 6>", provider "p<i mod 5>", price i / 10.
  void Describe(std::size_t i) {
    ItemModel& item = view.At(i);
    item.category = "c" + std::to_string(i % 3) + "/s" + std::to_string(i % 6);
    item.item_type = i % 2 == 0 ? "even" : "odd";
    item.facets = {FacetNamed(Facet::Kind::kProvider, "p" + std::to_string(i % 5)),
                   FacetNamed(Facet::Kind::kTopic, item.category),
                   FacetNamed(Facet::Kind::kTopic, "c" + std::to_string(i % 3))};
    item.price = static_cast<double>(i) / 10;
  }
  static Facet FacetNamed(Facet::Kind kind, const std::string& name) { return {kind, Hash64(name)}; }

  UserSignals Signals(std::size_t k, const ListPolicy* policy) const {
    UserSignals signals{history_, seen_, dismissed, {SyntheticView::kNow}, k};
    signals.policy = policy;
    return signals;
  }
  const RankedList& ListOf(const PolicyOptions& options, std::size_t k = 20) {
    const ListPolicy policy(options, Strategy{});
    return builder.Build(Signals(k, &policy), view, builder.WeightsFrom(view.Global()), scratch);
  }
  RankedList Plain(std::size_t k = 20) {
    return builder.Build(Signals(k, nullptr), view, builder.WeightsFrom(view.Global()), scratch);
  }

  SyntheticView view{kItems, 60, 1};
  ListBuilder builder{RankOptions{}};
  RankScratch scratch{builder.options()};
  ItemSet dismissed;

 private:
  std::vector<HistoryEvent> history_;
  ItemSet seen_;
};

inline std::vector<ItemKey> KeysOf(const RankedList& list) {
  std::vector<ItemKey> keys;
  for (const RankedItem& entry : list.items) keys.push_back(entry.item->key);
  return keys;
}

inline Rule RuleThat(Rule::Action action, ItemMatch match, double amount = 0) {
  return {.name = "test", .action = action, .surfaces = {}, .match = std::move(match), .amount = amount};
}

inline ItemMatch ItemsOfType(std::string type) {
  ItemMatch match;
  match.types = {std::move(type)};
  return match;
}

inline ItemMatch TheItem(ItemKey item) {
  ItemMatch match;
  match.items = {item};
  return match;
}

}  // namespace freshet
