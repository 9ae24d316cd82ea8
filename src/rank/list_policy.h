#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "rank/rule_book.h"

namespace freshet {

/// Parts that policies add to a score, after those of the mix.
inline constexpr std::array<std::string_view, 2> kPolicyParts = {"rules", "diversity"};
inline constexpr std::size_t kRulesPart = 0;
inline constexpr std::size_t kDiversityPart = 1;

/// Caps on what items of one list have in common. 0: no cap. They hold: a list may be shorter for it. Items
/// that a rule pins count, and are not left out.
struct CapOptions {
  std::size_t category_items = 0;   ///< of one category
  std::size_t category_levels = 0;  ///< of its path "A/B/C", the first that count; 0: all
  std::size_t provider_items = 0;   ///< of one provider
  bool any() const { return category_items > 0 || provider_items > 0; }
};

struct PolicyOptions {
  std::vector<Rule> rules;
  CapOptions caps;
  /// Greedy maximal marginal relevance (Carbonell, Goldstein 1998): what the score of an item loses that is
  /// exactly like one before it in the list; in log odds. 0: nothing.
  double diversity = 0;
};

/// What happens to the scored candidates of one surface's lists. Immutable.
class ListPolicy final {
 public:
  ListPolicy(const PolicyOptions& options, std::string_view surface)
      : rules_(options.rules, surface), caps_(options.caps), diversity_(options.diversity) {}
  const RuleBook& rules() const { return rules_; }
  const CapOptions& caps() const { return caps_; }
  double diversity() const { return diversity_; }
  /// False: lists are the best by score, and nothing here has to be looked at.
  bool any() const { return !rules_.empty() || caps_.any() || diversity_ > 0; }

 private:
  RuleBook rules_;
  CapOptions caps_;
  double diversity_;
};

}  // namespace freshet
