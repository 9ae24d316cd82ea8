#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rank/item_match.h"

namespace freshet {

/// What a shop wants of its lists, whatever the models say.
struct Rule {
  enum class Action : std::uint8_t {
    kBoost,    ///< the amount is added to the score
    kBury,     ///< the amount is taken from the score
    kPin,      ///< the best `count` that match stand in the list from `place` on
    kExclude,  ///< what matches is no candidate
    kOnly,     ///< what does not match is no candidate
  };
  std::string name;
  Action action = Action::kBoost;
  std::vector<std::string> surfaces;  ///< empty: all
  ItemMatch match;
  double amount = 0;      ///< log odds
  std::size_t place = 1;  ///< from 1
  std::size_t count = 1;
};

/// The rules of one surface. Immutable.
class RuleBook final {
 public:
  RuleBook() = default;
  RuleBook(std::span<const Rule> rules, std::string_view surface);

  bool empty() const { return filters_.empty() && weights_.empty() && pins_.empty(); }
  /// Some items are no candidates.
  bool Filters() const { return !filters_.empty(); }
  bool Lets(const ItemModel& item) const;
  /// What boosts and buries come to.
  double AmountFor(const ItemModel& item) const;
  /// By place, then name.
  std::span<const Rule> Pins() const { return pins_; }
  /// Names of the boosts and buries, and of the pins where `pinned`, that are about the item.
  std::vector<std::string> NamesFor(const ItemModel& item, bool pinned) const;

 private:
  std::vector<Rule> filters_;
  std::vector<Rule> weights_;
  std::vector<Rule> pins_;
};

}  // namespace freshet
