// What is taken back, and how near that comes to the event never having been (docs/ARCHITECTURE.md, 7).

#include "operators/user_operator.h"

namespace freshet {

void UserOperator::Retract(const Interaction& event, Touched& touched, Context& context) {
  touched.user.UndismissBy(event.retracts);
  const std::optional<std::size_t> index = touched.user.FindEvent(event.retracts);
  if (index) TakeBack(*index, touched, context);  // else forgotten, or never seen
}

void UserOperator::TakeBack(std::size_t index, Touched& touched, Context& context) {
  UserState& user = touched.user;
  const HistoryEvent taken = user.history()[index];
  if (taken.weight == 0) return;
  TakeLessonBack(touched, index, context);
  TakeBackFromItems(user.history(), index, context.items());
  if (taken.input == kRatingsInput) {
    TakeTasteBack(user.user_id(), user.history().subspan(index, 1), context);
    const auto rating = RatingRecord::Load(context.state(), user.user_id(), taken.item);
    if (rating && !rating->removed && rating->rated_at == taken.at) {
      TakeRatingBack(user, taken.item, taken.item_partition, *rating);
      RatingRecord::Erase(context.state(), user.user_id(), taken.item);
    }
  }
  CountProfile(user.segments(), taken, -1);
  user.Mask(index);
  if (user.history().size() - index <= user.facts.session.events) touched.session_changed = true;
}

void UserOperator::TakeBackFromItems(History history, std::size_t index, const ItemView* view) {
  const HistoryEvent& taken = history[index];
  if (taken.weight > 0) {
    ItemDelta& delta = deltas_.OfKey(taken.item, taken.item_partition);
    delta.AddEvent(-1, 1, taken.at, options_.items.half_lives);
    TakeBeginningBack(taken);
    // The factor that was added is computed anew, with today's items: FactorStatistics::Settle finds the one.
    if ((taken.taught & kTaughtFactor) != 0 && view != nullptr &&
        ComputeFactor(history.first(index), taken.item, *view)) {
      delta.factors.TakeBack(Strength(taken.weight), factor_.value());
    }
  }
  cells_.clear();
  transitions_.Retract(history, index, cells_);
  AddCells(history, taken);
}

void UserOperator::TakeLessonBack(Touched& touched, std::size_t index, Context& context) {
  UserState& user = touched.user;
  const HistoryEvent& taken = user.history()[index];
  if ((taken.taught & kTaughtMix) == 0 || context.items() == nullptr) return;
  user.Touch();
  const auto last = touched.lessons.empty() ? nullptr : &touched.lessons.back();
  if (last != nullptr && last->offset == taken.offset) {  // as if it had never been
    MixDelta back = lists_.builder().NewDelta();
    back.Subtract(last->delta);
    deltas_.AddMix(back);
    user.facts.mix = last->before;
    return touched.lessons.pop_back();
  }
  MixDelta back = lists_.builder().NewDelta();
  if (lists_.Learn({user, index}, context.state(), *context.items(),
                   {taken.item, back, &user.facts.mix, true}, taken.at)) {
    deltas_.AddMix(back);
  }
}

}  // namespace freshet
