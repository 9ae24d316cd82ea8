#include "operators/rating_predictor.h"

#include <array>

#include "models/history_window.h"
#include "rank/features.h"

namespace freshet {

RatingPredictor::RatingPredictor(const UserOperatorOptions& options)
    : model_(options.items.ratings),
      factor_places_(options.rank.factor_places),
      factor_(options.rank.factor_places, options.rank.factor_recency) {}

RatingEstimate RatingPredictor::Predict(const UserState& user, const ItemView& view, ItemKey item,
                                        Timestamp /*at*/) {
  return model_.Predict(user.facts.ratings, ContextFor(user, item, &view));
}

RatingContext RatingPredictor::ContextFor(const UserState& user, ItemKey item, const ItemView* view) {
  RatingContext context;
  context.mean = RatingModel::GlobalMean(0, 0);
  if (view == nullptr) return context;
  context.mean = view->Global().rating_mean;
  const ItemModel* model = view->Find(item);
  if (model == nullptr) return context;
  const bool known =
      model->has_factor && ComputeFactorWithout(item, user.history(), factor_places_, *view, factor_);
  const RatingContext found = RatingContextOf(*model, known ? &factor_ : nullptr);
  context.item = found.item;
  context.affinity = found.affinity;
  return context;
}

bool ComputeFactorWithout(ItemKey without, std::span<const HistoryEvent> history, std::size_t places_max,
                          const ItemView& view, UserFactor& factor) {
  std::array<WindowItem, kFactorPlaces> memory;
  const std::span<WindowItem> window = std::span(memory).first(places_max);
  const std::span<WindowItem> places = window.first(CollectWindow(history, window));
  for (WindowItem& place : places) {
    if (place.item == without) place.strength = 0;
  }
  return factor.Compute(places, view);
}

}  // namespace freshet
