#pragma once

#include <cstddef>
#include <span>

#include "freshet/ids.h"
#include "freshet/model.h"
#include "models/rating_model.h"
#include "models/user_factor.h"
#include "operators/user_options.h"
#include "operators/user_state.h"

namespace freshet {

/// What a user would rate, from its state and the pinned item model: what the user operator learns against
/// and what evaluations ask. One thread; keep one a thread.
class RatingPredictor final {
 public:
  explicit RatingPredictor(const UserOperatorOptions& options);
  /// The rating at that time, on the scale 1..5. An item that the view does not know has no bias yet.
  RatingEstimate Predict(const UserState& user, const ItemView& view, ItemKey item, Timestamp at);
  /// Where a rating of this item by this user meets the model; `view` may be null.
  RatingContext ContextFor(const UserState& user, ItemKey item, const ItemView* view);

 private:
  RatingModel model_;
  std::size_t factor_places_;
  UserFactor factor_;
};

/// Folds in the user's factor from the last `places_max` items of a history, as if `without` were not among
/// them. False: no factor.
bool ComputeFactorWithout(ItemKey without, std::span<const HistoryEvent> history, std::size_t places_max,
                          const ItemView& view, UserFactor& factor);

}  // namespace freshet
