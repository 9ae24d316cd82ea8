#pragma once

#include <cstdint>

#include "freshet/operator.h"
#include "freshet/result.h"
#include "models/gramian.h"
#include "operators/delta_record.h"
#include "view/item_model_codec.h"

namespace freshet {

/// Sums over the items and users that one item partition knows of: the Gramian of its items, an estimate of
/// the users' Gramian, and the ratings' mean. Table 'g'. Loaded and saved once a batch.
///
/// The users' Gramian is N times the mean of p p' over the users' factors that arrived, old ones fading with
/// kFactorMemory: additive, and no user's old factor has to be kept to be taken out again.
class GlobalState {
 public:
  static Result<GlobalState> Load(State& state);
  void Save(State& state);

  void AddUsers(std::uint64_t new_users, const std::vector<WeightedFactor>& factors);
  void ReplaceItemFactor(const Factor* before, const Factor& after);
  void AddRatings(double sum, std::int64_t ratings);
  Gramian UsersGramian() const;

  /// True when the items' Gramian or the mean moved enough for a new publication.
  bool DueForPublication() const;
  GlobalShare TakeShare();

 private:
  static constexpr double kFactorMemory = 20'000;  ///< factors; the mean follows a drifting model
  Gramian items_;
  Gramian users_;            ///< faded sum
  double users_weight_ = 0;  ///< faded sum of weights
  std::uint64_t user_count_ = 0;
  double rating_sum_ = 0;
  std::uint64_t ratings_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t published_at_ = 0;
  bool dirty_ = false;
};

}  // namespace freshet
