#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/recommender_topology.h"
#include "freshet/recommendation.h"
#include "operators/live_scores.h"
#include "operators/user_lists.h"
#include "storage/database.h"
#include "view/item_snapshot.h"

namespace freshet {

struct SimilarItem {
  const ItemModel* item = nullptr;  ///< borrowed from the view
  double score = 0;
};

/// Answers queries from committed state, beside the tasks. One thread at a time; keep one a thread.
/// A query reads some twenty keys and ranks once: below a millisecond where the state is cached.
class UserQuery final {
 public:
  explicit UserQuery(const RecommenderOptions& options, const Topology& topology);
  /// The user's list as of the last committed batch, fully explained. Absent: nothing is known of the user.
  struct Source {
    const Database* state = nullptr;
    Partition partition;  ///< of the task that owns the state
  };
  struct Question {
    UserLists::Request request;
    /// Events of the user that are masked, as if they had been taken back: by event_id, by the item they were
    /// about, or as "topic/partition/offset". What they taught the item model, the mix and the user's biases
    /// stays. kInvalidArgument: the user's kept history has no such event.
    std::vector<std::string> without = {};
    bool counterfactuals = false;  ///< with what would stand in each item's place; costs a list an item
  };
  Result<std::optional<RecommendationList>> List(const Source& from, const ItemView& view,
                                                 const std::string& user_id, const Question& question);

  /// As UserLists: kInvalidArgument for a strategy that is not there.
  Result<std::size_t> StrategyNamed(std::string_view name) const { return lists_.StrategyNamed(name); }
  /// What goes with an item by a strategy; absent: it is not known. Valid until the next call.
  std::optional<std::vector<SimilarItem>> Similar(const ItemView& view, const std::string& item_id,
                                                  const UserLists::Request& request);

  /// Of one user task, as of its last committed batch: the lists it scored, and what those of the window add
  /// up to.
  struct LiveFigures {
    std::uint64_t scored = 0;  ///< ever
    LiveScores window;
  };
  Result<LiveFigures> Live(const Database& state) const;

 private:
  Result<void> MaskEvidence(UserState& user, const std::string& name) const;
  struct Asked {
    const UserState& user;
    State& state;
    const ItemView& view;
    const UserLists::Request& request;
  };
  Result<void> AddCounterfactuals(const Asked& asked, RecommendationList& list);
  UserOperatorOptions options_;
  UserLists lists_;
};

/// Items that come with this one, the strongest first, from its row: what follows it and what it follows, by
/// the cosine of the two items' weights of following each other. Empty where the item has no row yet; nullopt
/// where it is not known.
std::optional<std::vector<SimilarItem>> SimilarItems(const ItemView& view, const std::string& item_id,
                                                     std::size_t k);

}  // namespace freshet
