// What the user operator learns from one event: the user's own state, and the shares of items.

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"
#include "operators/user_operator.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::string_view kStateDamaged = "the stored state of this user cannot be read";
constexpr std::string_view kStateFix = "rebuild it from the changelog: freshet state restore";

Rejection UnreadableUser() {
  return {"policy", "/user_id", std::string(kStateDamaged), std::string(kStateFix), "bare"};
}

std::string RatingKey(const std::string& user_id, ItemKey item) {
  return KeyBuilder(kRatingTable).Text(user_id).Item(item).Take();
}

bool HidesItem(InteractionType type) {
  return type == InteractionType::kDismiss || type == InteractionType::kNotInterested ||
         type == InteractionType::kAlreadyKnow;
}

}  // namespace

void UserOperator::Learn(const Interaction& event, const Moment& moment, Context& context) {
  Touched* touched = Touch(event.user_id, context);
  if (touched == nullptr) return context.Reject(*moment.record, UnreadableUser());
  if (IsDuplicate(*touched, event.event_id, moment, context)) return;
  context.Count(Outcome::kAccepted);
  NameTrigger(*touched, moment, event.event_id);
  Apply(event, moment, *touched, context);
}

void UserOperator::Apply(const Interaction& event, const Moment& moment, Touched& touched, Context& context) {
  if (event.type == InteractionType::kRetract) return Retract(event, touched);
  if (event.item_id.empty()) return;
  const ItemKey item = KeyOfItem(event.item_id);
  if (HidesItem(event.type)) touched.user.Dismiss(item, {}, event.event_id);
  HistoryEvent learned;
  learned.item = item;
  learned.at = moment.at;
  learned.weight = options_.weights.Of(event);
  learned.type = event.type;
  learned.input = static_cast<std::uint8_t>(moment.input);
  learned.item_partition = PartitionForKey(event.item_id, options_.item_partitions);
  learned.offset = moment.record->offset;
  learned.event_id = event.event_id;
  if (learned.weight != 0) LearnEvent(touched, event.item_id, std::move(learned), context);
}

void UserOperator::LearnEvent(Touched& touched, const std::string& item_id, HistoryEvent event,
                              Context& context) {
  UserState& user = touched.user;
  if (event.weight > 0) {
    LearnMix(user, event, context);
    ItemDelta& delta = deltas_.OfItem(item_id, event.item);
    delta.AddEvent(1, 1, event.at, options_.items.half_lives);
    if (options_.items.learn_factors && context.items() != nullptr)
      LearnFactor(user, event, delta, *context.items());
    cells_.clear();
    transitions_.Count(user.history(), event, cells_);
    AddCells(cells_, user, event.item_partition);
  } else {
    // The item must exist so that others can refer to it, whatever the sign.
    deltas_.OfItem(item_id, event.item);
  }
  user.Append(context.state(), std::move(event));
}

void UserOperator::AddCells(const std::vector<TouchedCell>& cells, const UserState& user, Partition owner) {
  for (const TouchedCell& cell : cells) {
    Partition row_owner = owner;
    const auto history = user.history();
    for (std::size_t i = history.size(); i > 0; --i) {
      if (history[i - 1].item != cell.row) continue;
      row_owner = history[i - 1].item_partition;
      break;
    }
    deltas_.OfKey(cell.row, row_owner).AddCell(cell, options_.items.row_half_life);
  }
}

void UserOperator::LearnFactor(const UserState& user, const HistoryEvent& event, ItemDelta& delta,
                               const ItemView& view) {
  std::array<WindowItem, kFactorPlaces> places;
  const std::size_t count =
      CollectWindow(user.history(), std::span(places).first(options_.rank.factor_places));
  const auto repeated = [&](const WindowItem& place) { return place.item == event.item; };
  if (std::any_of(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count), repeated)) return;
  if (!factor_.Compute(std::span(places).first(count), view)) return;
  delta.factors.Add(Strength(event.weight), factor_.value());
  // A user's factor joins the users' Gramian at the 2nd, 4th, 8th ... event: often while it changes much.
  const std::uint64_t events = user.facts.events + 1;
  if (events < 2 || !std::has_single_bit(events)) return;
  deltas_.AddUserFactor(factor_.value());
  if (events == 2) deltas_.CountNewUser();
}

void UserOperator::LearnMix(const UserState& user, const HistoryEvent& event, Context& context) {
  if (context.items() == nullptr || user.history().empty()) return;
  constexpr std::uint64_t kBuckets = 1 << 16;
  const std::uint64_t drawn =
      MixBits(Hash64(user.user_id()) + static_cast<std::uint64_t>(event.offset.value)) % kBuckets;
  if (static_cast<double>(drawn) >= options_.mix_learn_fraction * static_cast<double>(kBuckets)) return;
  if (deltas_.mix().dimensions() == 0) deltas_.mix() = lists_.builder().NewDelta();
  lists_.Learn(user, context.state(), *context.items(), {event.item, deltas_.mix()}, event.at);
}

void UserOperator::Retract(const Interaction& event, Touched& touched) {
  const std::optional<std::size_t> index = touched.user.FindEvent(event.retracts);
  if (!index) return touched.user.UndismissBy(event.retracts);  // else forgotten, or never seen
  const InteractionType type = touched.user.history()[*index].type;
  const ItemKey item = touched.user.history()[*index].item;
  if (TakeBack(*index, touched) && HidesItem(type)) touched.user.Undismiss(item);
}

bool UserOperator::TakeBack(std::size_t index, Touched& touched) {
  const HistoryEvent taken = touched.user.history()[index];
  if (taken.weight == 0) return false;
  if (taken.weight > 0) {
    ItemDelta& delta = deltas_.OfKey(taken.item, taken.item_partition);
    delta.AddEvent(-1, 1, taken.at, options_.items.half_lives);
    cells_.clear();
    transitions_.Retract(touched.user.history(), index, cells_);
    AddCells(cells_, touched.user, taken.item_partition);
  }
  touched.user.Mask(index);
  return true;
}

void UserOperator::Learn(const Rating& event, const Moment& moment, Context& context) {
  Touched* touched = Touch(event.user_id, context);
  if (touched == nullptr) return context.Reject(*moment.record, UnreadableUser());
  if (IsDuplicate(*touched, event.event_id, moment, context)) return;
  context.Count(Outcome::kAccepted);
  LearnRating(*touched, event, moment, context);
}

void UserOperator::LearnRating(Touched& touched, const Rating& event, const Moment& moment,
                               Context& context) {
  const ItemKey item = KeyOfItem(event.item_id);
  const std::string key = RatingKey(event.user_id, item);
  if (const auto last = context.state().Get(key)) {
    // The last writer by rated_at wins; an older rating that comes late changes nothing.
    ByteReader reader(*last);
    if (reader.Signed() > moment.at.ms) return;
    const auto history = touched.user.history();
    for (std::size_t i = history.size(); i > 0; --i) {
      if (history[i - 1].item != item || history[i - 1].input != moment.input) continue;
      TakeBack(i - 1, touched);
      break;
    }
  }
  NameTrigger(touched, moment, event.event_id);
  std::string stored;
  ByteWriter writer(stored);
  writer.Signed(moment.at.ms);
  writer.Fixed(event.rating ? *event.rating : -1.0);
  context.state().Put(key, stored);
  touched.user.Touch();
  if (!event.rating) return;
  const double on_five = RatingOnFive(*event.rating, event.scale_min, event.scale_max);
  const ItemModel* model = context.items() == nullptr ? nullptr : context.items()->Find(item);
  RatingContext rating;
  rating.mean =
      context.items() == nullptr ? RatingModel::GlobalMean(0, 0) : context.items()->Global().rating_mean;
  if (model != nullptr) rating.item = {model->rating_bias, model->rating_variance, model->ratings};
  const RatingEvidence evidence = rating_model_.Learn(touched.user.facts.ratings, rating, on_five, moment.at);
  deltas_.OfItem(event.item_id, item).ratings.Merge(evidence);

  const double share = (on_five - 1) / 4;
  HistoryEvent learned;
  learned.item = item;
  learned.at = moment.at;
  learned.weight = share >= options_.rating_like_from ? static_cast<float>(8 * share)
                   : share < 0.35                     ? -4.F
                                                      : 1.F;
  learned.type = learned.weight < 0 ? InteractionType::kDislike : InteractionType::kLike;
  learned.input = static_cast<std::uint8_t>(moment.input);
  learned.item_partition = PartitionForKey(event.item_id, options_.item_partitions);
  learned.offset = moment.record->offset;
  learned.event_id = event.event_id;
  LearnEvent(touched, event.item_id, std::move(learned), context);
}

void UserOperator::Learn(const Feedback& event, const Moment& moment, Context& context) {
  Touched* touched = Touch(event.user_id, context);
  if (touched == nullptr) return context.Reject(*moment.record, UnreadableUser());
  if (IsDuplicate(*touched, event.event_id, moment, context)) return;
  context.Count(Outcome::kAccepted);
  const ItemKey item = KeyOfItem(event.item_id);
  switch (event.type) {
    case FeedbackType::kDismiss:
      NameTrigger(*touched, moment, event.event_id);
      touched->user.Dismiss(item, event.until.value_or(Timestamp{}), event.event_id);
      return;
    case FeedbackType::kUndo:
      NameTrigger(*touched, moment, event.event_id);
      touched->user.Undismiss(item);
      return;
    case FeedbackType::kClick:
    case FeedbackType::kAccept: {
      Interaction click;
      click.event_id = event.event_id;
      click.user_id = event.user_id;
      click.item_id = event.item_id;
      click.type = InteractionType::kClick;
      NameTrigger(*touched, moment, event.event_id);
      return Apply(click, moment, *touched, context);
    }
    case FeedbackType::kImpression:
    case FeedbackType::kExplanationOpen:
    case FeedbackType::kExplanationHelpful:
    case FeedbackType::kExplanationWrong:
      return;
  }
}

}  // namespace freshet
