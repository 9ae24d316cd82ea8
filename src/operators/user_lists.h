#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "freshet/operator.h"
#include "freshet/recommendation.h"
#include "operators/user_options.h"
#include "operators/user_state.h"
#include "rank/explanation.h"
#include "rank/list_builder.h"
#include "rank/list_policy.h"

namespace freshet {

/// Makes one user's list from its state and the pinned item model: what the user operator publishes and what
/// queries answer. One thread; keep one a thread.
class UserLists final {
 public:
  explicit UserLists(const UserOperatorOptions& options);

  struct Request {
    Timestamp now;  ///< event time that the list is made for
    std::size_t k = 20;
    std::size_t strategy = 0;  ///< index into PolicyOptions::strategies; the first is what is published
  };
  /// Index of a strategy. kInvalidArgument names those there are.
  Result<std::size_t> StrategyNamed(std::string_view name) const;
  /// Ranks; the result is valid until the next call. `state` is read for the items seen long ago.
  const RankedList& Rank(const UserState& user, State& state, const ItemView& view, const Request& request);
  /// The ranked list with parts, sources and reasons. Directly after Rank, with the same arguments.
  RecommendationList Explain(const UserState& user, const ItemView& view, const Request& request);
  /// The ranked list, and those that the baseline and the challenger would have given in its place, for the
  /// user's next event to be scored against. Directly after Rank.
  void KeepStanding(StandingLists& standing) const;
  /// What goes with an item, by a strategy whose past is its last event or session: the list for who did
  /// nothing but look at the item. Valid until the next call.
  const RankedList& RankFor(ItemKey item, const ItemView& view, const Request& request);
  /// Hash of the ranked items in order: what "the list changed" means.
  static std::uint64_t DigestOf(const RankedList& list);

  /// A user as of the first `events` of the history.
  struct Before {
    const UserState& user;
    std::size_t events = 0;
  };
  /// What an event teaches the mix; false when there was nothing to learn from.
  bool Learn(const Before& before, State& state, const ItemView& view, Lesson lesson, Timestamp now);

  /// Items that the user of the last list has taken.
  const ItemSet& seen() const { return seen_; }
  const ListBuilder& builder() const { return builder_; }
  RankScratch& scratch() { return scratch_; }

 private:
  UserSignals Signals(const Before& before, const ItemSet& seen, const Request& request) const;
  /// With the request's strategy.
  UserSignals ListSignals(const UserState& user, const Request& request) const;
  const UserOperatorOptions& options_;
  ListBuilder builder_;
  Explainer explainer_;
  std::vector<ListPolicy> policies_;  ///< by strategy
  RankScratch scratch_;
  ItemSet seen_;
  const ItemSet nothing_;
  HiddenItems hidden_;
  std::vector<UnfinishedItem> unfinished_;  ///< where the last list's strategy asks for them
  HistoryEvent looked_at_;                  ///< of RankFor
  std::size_t baseline_;                    ///< generator
  std::optional<std::size_t> challenger_;   ///< generator
};

}  // namespace freshet
