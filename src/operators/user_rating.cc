// Ratings: what they teach the user's and the items' biases, and the last one by rated_at.

#include "base/hash.h"
#include "operators/taught_taste.h"
#include "operators/user_operator.h"

namespace freshet {

void UserOperator::Learn(const Rating& event, const Moment& moment, Context& context) {
  Touched* touched = Accept(event.user_id, event.event_id, moment, context);
  if (touched != nullptr) LearnRating(*touched, event, moment, context);
}

void UserOperator::LearnRating(Touched& touched, const Rating& event, const Moment& moment,
                               Context& context) {
  const ItemKey item = KeyOfItem(event.item_id);
  const std::string& user_id = touched.user.user_id();
  const auto last = RatingRecord::Load(context.state(), user_id, item);
  // The last writer by rated_at wins; an older rating that comes late changes nothing.
  if (last && last->rated_at > moment.at) return;
  if (last && !last->removed) {
    ReplaceRating(touched, item, PartitionForKey(event.item_id, options_.item_partitions), *last, context);
  }
  NameTrigger(touched, moment, event.event_id);
  touched.user.Touch();
  RatingRecord record;
  record.rated_at = moment.at;
  record.removed = !event.rating;
  if (record.removed) return record.Save(context.state(), user_id, item);
  const double on_five = RatingOnFive(*event.rating, event.scale_min, event.scale_max);
  RatingContext met = rating_predictor_.ContextFor(touched.user, item, context.items());
  HistoryEvent learned = EventOf(event.item_id, event.event_id, moment);
  learned.rating = static_cast<float>(on_five);
  if (context.items() != nullptr) {
    const double predicted =
        rating_predictor_.Learn(touched.user, *context.items(), learned, met, deltas_.rating_stack());
    // What is known of the item already has a rating that is replaced: no test of a prediction.
    if (!last || last->removed)
      evaluation_.ScoreRating(on_five, predicted, met.mean + met.item.bias, context);
  }
  // The view's bias of the item still has the rating that this one replaces.
  if (last && !last->removed) rating_model_.Fold(met.item, last->lesson.evidence.Negated());
  record.lesson = rating_model_.Learn(touched.user.facts.ratings, met, on_five, moment.at);
  record.Save(context.state(), user_id, item);
  deltas_.OfItem(event.item_id, item).ratings.Merge(record.lesson.evidence);

  const double share = (on_five - 1) / 4;
  learned.weight = share >= options_.rating_like_from ? static_cast<float>(8 * share)
                   : share < 0.35                     ? -4.F
                                                      : 1.F;
  learned.type = learned.weight < 0 ? InteractionType::kDislike : InteractionType::kLike;
  LearnEvent(touched, {event.item_id, {}}, std::move(learned), context);
  TeachTaste(touched, context);
}

void UserOperator::TeachTaste(Touched& touched, Context& context) {
  if (context.items() == nullptr) return;
  UserState& user = touched.user;
  const std::optional<TasteLesson> taught = LoadTaughtTaste(context.state(), user.user_id());
  if (!taught || DueForTeaching(user.facts.ratings.ratings, taught->ratings)) {
    return TeachTasteAnew(touched, taught, context);
  }
  const std::size_t newest = user.history().size() - 1;
  const HistoryEvent& event = user.history()[newest];
  if (!IsRated(event)) return;
  deltas_.OfKey(event.item, event.item_partition).taste.Add(*taught, event.rating);
  user.MarkTaught(newest, kTaughtTaste);
}

void UserOperator::TeachTasteAnew(Touched& touched, const std::optional<TasteLesson>& taught,
                                  Context& context) {
  UserState& user = touched.user;
  const UserTaste& taste = rating_predictor_.SolveTaste(user.history(), *context.items());
  const TasteLesson lesson = taste.Lesson(user.facts.ratings.ratings);
  for (std::size_t i = 0; i < user.history().size(); ++i) {
    const HistoryEvent& event = user.history()[i];
    if (!IsRated(event)) continue;
    TasteSums& sums = deltas_.OfKey(event.item, event.item_partition).taste;
    if (taught && (event.taught & kTaughtTaste) != 0) sums.TakeBack(*taught, event.rating);
    sums.Add(lesson, event.rating);
    user.MarkTaught(i, kTaughtTaste);
  }
  SaveTaughtTaste(context.state(), user.user_id(), lesson);
}

void UserOperator::TakeTasteBack(const std::string& user_id, History events, Context& context) {
  const auto taught = LoadTaughtTaste(context.state(), user_id);
  if (!taught) return;
  for (const HistoryEvent& event : events) {
    if (!IsRated(event) || (event.taught & kTaughtTaste) == 0) continue;
    deltas_.OfKey(event.item, event.item_partition).taste.TakeBack(*taught, event.rating);
  }
}

void UserOperator::ReplaceRating(Touched& touched, ItemKey item, Partition owner, const RatingRecord& last,
                                 Context& context) {
  const History history = touched.user.history();
  for (std::size_t i = history.size(); i > 0; --i) {
    const HistoryEvent& event = history[i - 1];
    if (event.item == item && event.input == kRatingsInput && event.weight != 0)
      return TakeBack(i - 1, touched, context);
  }
  // The history has forgotten the event: its rating can go all the same, its counts and transitions cannot.
  TakeRatingBack(touched.user, item, owner, last);
}

void UserOperator::TakeRatingBack(UserState& user, ItemKey item, Partition owner,
                                  const RatingRecord& rating) {
  rating_model_.TakeBack(user.facts.ratings, rating.lesson);
  deltas_.OfKey(item, owner).ratings.Merge(rating.lesson.evidence.Negated());
  user.Touch();
}

}  // namespace freshet
