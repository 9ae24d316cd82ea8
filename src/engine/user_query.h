#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/recommender_topology.h"
#include "freshet/recommendation.h"
#include "operators/live_scores.h"
#include "operators/user_lists.h"
#include "storage/database.h"
#include "view/item_snapshot.h"

namespace freshet {

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
  Result<std::optional<RecommendationList>> List(const Source& from, const ItemView& view,
                                                 const std::string& user_id,
                                                 const UserLists::Request& request);

  /// Of one user task, as of its last committed batch: the lists it scored, and what those of the window add
  /// up to.
  struct LiveFigures {
    std::uint64_t scored = 0;  ///< ever
    LiveScores window;
  };
  Result<LiveFigures> Live(const Database& state) const;

 private:
  UserOperatorOptions options_;
  UserLists lists_;
};

struct SimilarItem {
  const ItemModel* item = nullptr;  ///< borrowed from the view
  double score = 0;                 ///< cosine of the two items' weights of following each other
};

/// Items that come with this one, the strongest first, from its row: what follows it and what it follows.
/// Empty where the item has no row yet; nullopt where it is not known.
std::optional<std::vector<SimilarItem>> SimilarItems(const ItemView& view, const std::string& item_id,
                                                     std::size_t k);

}  // namespace freshet
