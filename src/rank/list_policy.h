#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/model.h"
#include "rank/exploration.h"
#include "rank/rule_book.h"
#include "rank/strategy.h"

namespace freshet {

/// Parts that policies add to a score, after those of the mix.
inline constexpr std::array<std::string_view, 3> kPolicyParts = {"rules", "diversity", "unfinished"};
inline constexpr std::size_t kRulesPart = 0;
inline constexpr std::size_t kDiversityPart = 1;
inline constexpr std::size_t kUnfinishedPart = 2;

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
  ExplorationOptions exploration = {};  ///< of what is published
  /// The first is what is published; names differ.
  std::vector<Strategy> strategies = {Strategy{}};
};

/// How the lists of one surface come about, and what happens to their scored candidates. Immutable.
class ListPolicy final {
 public:
  ListPolicy(const PolicyOptions& options, Strategy strategy)
      : strategy_(std::move(strategy)),
        rules_(options.rules, strategy_.name),
        caps_(options.caps),
        diversity_(options.diversity) {
    if (strategy_.name == options.strategies.front().name) exploration_ = options.exploration;
  }
  const Strategy& strategy() const { return strategy_; }
  const RuleBook& rules() const { return rules_; }
  const CapOptions& caps() const { return caps_; }
  double diversity() const { return diversity_; }
  const ExplorationOptions& exploration() const { return exploration_; }
  /// The mix does not weigh the parts, and candidates that nothing speaks for are left out.
  bool HasOwnWeights() const {
    return !strategy_.weights.empty() || strategy_.candidates == Strategy::Candidates::kUnfinished;
  }
  /// False: lists are the best by score.
  bool Arranges() const {
    return !rules_.empty() || caps_.any() || diversity_ > 0 || exploration_.share > 0 || HasOwnWeights();
  }

 private:
  Strategy strategy_;
  RuleBook rules_;
  CapOptions caps_;
  double diversity_;
  ExplorationOptions exploration_;
};

}  // namespace freshet
