#include "operators/rating_predictor.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/history_window.h"
#include "rank/features.h"

namespace freshet {
namespace {

double OnScale(double rating) { return std::clamp(rating, 1.0, 5.0); }

}  // namespace

RatingPredictor::RatingPredictor(const UserOperatorOptions& options)
    : factor_places_(options.rank.factor_places),
      factor_(options.rank.factor_places, options.rank.factor_recency),
      taste_(options.items.ratings),
      reader_(options.items.ratings, options.items.row_half_life) {}

const UserTaste& RatingPredictor::SolveTaste(std::span<const HistoryEvent> history, const ItemView& view) {
  rated_.clear();
  for (std::size_t i = history.size(); i-- > 0;) {
    const HistoryEvent& event = history[i];
    if (!IsRated(event)) continue;
    const ItemModel* item = view.Find(event.item);
    if (item != nullptr) rated_.push_back({item, event.rating, event.at});
  }
  taste_.Solve(rated_, view.Global().rating_mean);
  return taste_;
}

RatingRow RatingPredictor::ReadRow(const UserState& user, const ItemView& view, ItemKey item, Timestamp at,
                                   const RatingContext& context) {
  RatingQuestion question;
  question.user = &SolveTaste(user.history(), view);
  question.rated = rated_;
  question.item = view.Find(item);
  question.at = at;
  question.kalman = user.facts.ratings.bias + context.item.bias;
  question.kalman_taste = user.facts.ratings.slope * context.affinity;
  return reader_.Read(question);
}

RatingEstimate RatingPredictor::Predict(const UserState& user, const ItemView& view, ItemKey item,
                                        Timestamp at) {
  const RatingRow row = ReadRow(user, view, item, at, ContextFor(user, item, &view));
  const StackedRating stacked = StackRating(row, view.Global().rating_weights);
  return {OnScale(view.Global().rating_mean + stacked.deviation), std::sqrt(stacked.variance)};
}

double RatingPredictor::Learn(const UserState& user, const ItemView& view, const HistoryEvent& rated,
                              const RatingContext& context, RatingStackDelta& stack) {
  const RatingRow row = ReadRow(user, view, rated.item, rated.at, context);
  const GlobalModel& global = view.Global();
  const StackedRating stacked = StackRating(row, global.rating_weights);
  stack.Learn(row, static_cast<double>(rated.rating) - global.rating_mean, stacked.deviation);
  return OnScale(global.rating_mean + stacked.deviation);
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
