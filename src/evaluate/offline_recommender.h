#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/recommender_topology.h"
#include "evaluate/offline_task.h"
#include "freshet/event.h"
#include "operators/rating_predictor.h"
#include "operators/user_lists.h"
#include "view/item_snapshot.h"
#include "view/item_view_builder.h"

namespace freshet {

/// The recommender in one thread and without a log: one task of each operator and the view between them, made
/// as the engine makes them and run over memory. Lists are made when asked for; none is published.
class OfflineRecommender final {
 public:
  explicit OfflineRecommender(RecommenderOptions options);
  OfflineRecommender(const OfflineRecommender&) = delete;
  OfflineRecommender& operator=(const OfflineRecommender&) = delete;

  /// What one batch teaches. kUsersOnly: histories and biases of users go on, the item model stays as it is.
  enum class Learning { kAll, kUsersOnly };
  /// Gives an event to its task as of `at`; it counts when the batch is closed.
  void Add(const Event& event, Timestamp at);
  /// Ends the batch and brings what it taught into the view that the next lists are made with.
  Result<void> Close(Learning learning = Learning::kAll);

  /// The user as of the last batch; nothing is known of one who was never met.
  Result<UserState> Load(const std::string& user_id);
  /// Valid until the next call.
  const RankedList& Rank(const UserState& user, const UserLists::Request& request) {
    return lists_.Rank(user, users_->run->state(), *view_, request);
  }
  /// What the user would give the item, on the scale 1..5.
  double PredictRating(const UserState& user, ItemKey item, Timestamp at) {
    return predictor_.Predict(user, *view_, item, at).value;
  }
  /// True where the last list's candidates included the item.
  bool OnShortlist(ItemKey item);
  /// What the last list was made from.
  const CandidatePool& pool() { return lists_.scratch().pool; }
  std::span<const GeneratorInfo> Generators() const { return lists_.builder().Generators(); }
  /// True where the user of the last list has taken the item before.
  bool Seen(ItemKey item) const { return lists_.seen().contains(item); }
  const ItemSnapshot& view() const { return *view_; }

 private:
  struct Waiting {
    std::uint32_t input = 0;
    Record record;
  };
  struct Task {
    std::vector<std::string> inputs;  ///< roles
    std::unique_ptr<OfflineTask> run;
    std::vector<Waiting> waiting;  ///< for its next batch
  };
  /// Gives a record to every task that reads the role.
  void Deliver(std::string_view role, const Record& record);
  Result<void> RunBatch(Task& task, Learning learning);
  Result<void> Route(OutputRecord out, Learning learning);

  RecommenderOptions options_;
  UserOperatorOptions user_options_;
  std::vector<Task> tasks_;
  Task* users_;  ///< the one of `tasks_` that keeps the users
  ItemViewBuilder builder_;
  std::shared_ptr<const ItemSnapshot> view_;
  UserLists lists_;
  RatingPredictor predictor_;
  Timestamp now_;
  std::int64_t model_records_ = 0;
  bool view_due_ = false;  ///< records of the item model have come since the last version
};

}  // namespace freshet
