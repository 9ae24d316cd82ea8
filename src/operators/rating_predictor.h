#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "freshet/ids.h"
#include "freshet/model.h"
#include "models/rating_features.h"
#include "models/rating_model.h"
#include "models/rating_stack.h"
#include "models/taste_model.h"
#include "models/user_factor.h"
#include "operators/user_options.h"
#include "operators/user_state.h"

namespace freshet {

/// What a user would rate, from its state and the pinned item model: what the user operator learns against
/// and what evaluations ask. The biases of RatingModel, the taste model and what the user's past ratings
/// leave over, stacked (models/rating_stack.h). Solves the user's taste anew from the history: about 10 us.
/// One thread; keep one a thread.
class RatingPredictor final {
 public:
  explicit RatingPredictor(const UserOperatorOptions& options);
  /// The rating at that time, on the scale 1..5, and its standard deviation. An item that the view does not
  /// know has no bias yet.
  RatingEstimate Predict(const UserState& user, const ItemView& view, ItemKey item, Timestamp at);
  /// Where a rating of this item by this user meets the model of biases; `view` may be null.
  RatingContext ContextFor(const UserState& user, ItemKey item, const ItemView* view);
  /// Teaches the stack one rating, which the user's state does not know yet; `context` is that of ContextFor.
  /// Returns what was predicted, as Predict does.
  double Learn(const UserState& user, const ItemView& view, const HistoryEvent& rated,
               const RatingContext& context, RatingStackDelta& stack);
  /// The user's taste by its history; valid until the next call of anything.
  const UserTaste& SolveTaste(std::span<const HistoryEvent> history, const ItemView& view);

 private:
  RatingRow ReadRow(const UserState& user, const ItemView& view, ItemKey item, Timestamp at,
                    const RatingContext& context);

  std::size_t factor_places_;
  UserFactor factor_;
  std::vector<RatedItem> rated_;
  UserTaste taste_;
  RatingFeatureReader reader_;
};

/// Folds in the user's factor from the last `places_max` items of a history, as if `without` were not among
/// them. False: no factor.
bool ComputeFactorWithout(ItemKey without, std::span<const HistoryEvent> history, std::size_t places_max,
                          const ItemView& view, UserFactor& factor);

/// True for an event of a rating that counts.
inline bool IsRated(const HistoryEvent& event) { return event.rating > 0 && event.weight != 0; }

}  // namespace freshet
