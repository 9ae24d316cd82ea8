// What the user operator learns from one event: the user's own state, and the shares of items.

#include <algorithm>
#include <array>
#include <bit>

#include "base/hash.h"
#include "operators/user_operator.h"

namespace freshet {
namespace {

std::uint64_t IdHash(const std::string& event_id) { return event_id.empty() ? 0 : Hash64(event_id); }

bool HidesItem(InteractionType type) {
  return type == InteractionType::kDismiss || type == InteractionType::kNotInterested ||
         type == InteractionType::kAlreadyKnow;
}

}  // namespace

void UserOperator::Learn(const Interaction& event, const Moment& moment, Context& context) {
  Touched* touched = Accept(event.user_id, event.event_id, moment, context);
  if (touched == nullptr) return;
  if (event.type == InteractionType::kIdentify) return Identify(event, moment, context);
  NameTrigger(*touched, moment, event.event_id);
  Apply(event, moment, *touched, context);
}

void UserOperator::Apply(const Interaction& event, const Moment& moment, Touched& touched, Context& context) {
  if (event.type == InteractionType::kRetract) return Retract(event, touched, context);
  if (event.item_id.empty()) return;
  HistoryEvent learned = EventOf(event.item_id, event.event_id, moment);
  if (HidesItem(event.type)) touched.user.Dismiss({learned.item, {}, IdHash(event.event_id)});
  learned.weight = options_.weights.Of(event);
  learned.type = event.type;
  if (learned.weight != 0)
    LearnEvent(touched, {event.item_id, event.session_id}, std::move(learned), context);
}

HistoryEvent UserOperator::EventOf(const std::string& item_id, const std::string& event_id,
                                   const Moment& moment) const {
  HistoryEvent event;
  event.item = KeyOfItem(item_id);
  event.at = moment.at;
  event.input = static_cast<std::uint8_t>(moment.input);
  event.item_partition = PartitionForKey(item_id, options_.item_partitions);
  event.offset = moment.offset;
  if (moment.partition != options_.partition) event.from = moment.partition;
  event.event_id = event_id;
  return event;
}

void UserOperator::LearnEvent(Touched& touched, const Named& named, HistoryEvent event, Context& context) {
  UserState& user = touched.user;
  if (event.weight > 0) {
    ScoreLists(user, event.item, context);
    if (LearnMix(touched, event, context)) event.taught |= kTaughtMix;
    ItemDelta& delta = deltas_.OfItem(named.item_id, event.item);
    delta.AddEvent(1, 1, event.at, options_.items.half_lives);
    if (options_.items.learn_factors && context.items() != nullptr &&
        LearnFactor(user, event, delta, *context.items())) {
      event.taught |= kTaughtFactor;
    }
    CountBeginning(user, event);
    CountProfile(user.segments(), event, 1);
    cells_.clear();
    transitions_.Count(user.history(), event, cells_);
    AddCells(user.history(), event);
  } else {
    // The item must exist so that others can refer to it, whatever the sign.
    deltas_.OfItem(named.item_id, event.item);
  }
  if (event.weight > 0 && options_.teach_network) {
    net_lessons_.push_back({Hash64(user.user_id()), event.item});
  }
  FollowSession(touched, named.session_id, event, context);
  user.Append(context.state(), std::move(event));
}

void UserOperator::ScoreLists(UserState& user, ItemKey taken, Context& context) {
  StandingLists& standing = user.facts.standing;
  if (standing.empty() || !options_.evaluation.on) return;
  const LivePlaces places = standing.PlacesOf(taken, evaluation_.challenger());
  // No list could have named what the user has had already: such an event is no answer.
  if (!options_.rank.allow_repeats && !places.AnyHit() && user.HasHad(context.state(), taken)) return;
  evaluation_.Score(places, user.facts.events, context);
  standing.Clear();
  user.Touch();
}

void UserOperator::AddCells(History history, const HistoryEvent& event) {
  LandmarkWeight weight(options_.items.row_half_life);
  for (const TouchedCell& cell : cells_) {
    Partition owner = event.item_partition;
    for (std::size_t i = history.size(); i > 0 && cell.row != event.item; --i) {
      if (history[i - 1].item != cell.row) continue;
      owner = history[i - 1].item_partition;
      break;
    }
    deltas_.OfKey(cell.row, owner).AddCell(cell, weight);
  }
}

bool UserOperator::ComputeFactor(History history, ItemKey without, const ItemView& view) {
  return ComputeFactorWithout(without, history, options_.rank.factor_places, view, factor_);
}

bool UserOperator::LearnFactor(const UserState& user, const HistoryEvent& event, ItemDelta& delta,
                               const ItemView& view) {
  std::array<WindowItem, kFactorPlaces> memory;
  const std::span<WindowItem> window = std::span(memory).first(options_.rank.factor_places);
  const std::span<WindowItem> places = window.first(CollectWindow(user.history(), window));
  const auto repeated = [&](const WindowItem& place) { return place.item == event.item; };
  if (std::any_of(places.begin(), places.end(), repeated)) return false;
  if (!factor_.Compute(places, view)) return false;
  delta.factors.Add(Strength(event.weight), factor_.value());
  // A user's factor joins the users' Gramian at the 2nd, 4th, 8th ... event: often while it changes much.
  const std::uint64_t events = user.facts.events + 1;
  if (events < 2 || !std::has_single_bit(events)) return true;
  deltas_.AddUserFactor(factor_.value());
  if (events == 2) deltas_.CountNewUser();
  return true;
}

bool UserOperator::LearnMix(Touched& touched, const HistoryEvent& event, Context& context) {
  UserState& user = touched.user;
  if (context.items() == nullptr) return false;
  // Where nothing sets beginners apart a first list is by popularity, and teaches nothing.
  if (user.history().empty() && !options_.rank.segments) return false;
  // Who acted waits for the batch: two lessons at once in live traffic, and a share of a backlog.
  constexpr std::size_t kAtOnce = 2;
  constexpr std::size_t kEventsALesson = 250;
  const std::size_t lessons_max = kAtOnce + mix_events_++ / kEventsALesson;
  if (mix_lessons_ >= std::min(options_.mix_learn_batch, lessons_max)) return false;
  constexpr std::uint64_t kBuckets = 1 << 16;
  const std::uint64_t drawn =
      MixBits(Hash64(user.user_id()) + static_cast<std::uint64_t>(event.offset.value)) % kBuckets;
  // All teach while the mix is young, fewer as it has learned more.
  const auto lessons = static_cast<double>(context.items()->Global().mix.lessons);
  const auto young = static_cast<double>(options_.mix_learn_events);
  const double fraction = std::max(options_.mix_learn_fraction, young / (young + lessons));
  if (static_cast<double>(drawn) >= fraction * static_cast<double>(kBuckets)) return false;
  ++mix_lessons_;
  MixLesson lesson{event.offset, lists_.builder().NewDelta(), user.facts.mix};
  const UserLists::Before before{user, user.history().size()};
  user.Touch();
  const bool learned = lists_.Learn(before, context.state(), *context.items(),
                                    {event.item, lesson.delta, &user.facts.mix}, event.at);
  if (!learned) return false;
  deltas_.AddMix(lesson.delta);
  touched.lessons.push_back(std::move(lesson));
  return true;
}

void UserOperator::Learn(const Feedback& event, const Moment& moment, Context& context) {
  Touched* touched = Accept(event.user_id, event.event_id, moment, context);
  if (touched == nullptr) return;
  const ItemKey item = KeyOfItem(event.item_id);
  switch (event.type) {
    case FeedbackType::kDismiss:
      NameTrigger(*touched, moment, event.event_id);
      touched->user.Dismiss({item, event.until.value_or(Timestamp{}), IdHash(event.event_id), event.scope});
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
