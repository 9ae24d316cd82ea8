#include "operators/user_operator.h"

#include <algorithm>
#include <array>
#include <variant>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"
#include "codec/event_fields.h"
#include "codec/recommendation_list.h"

namespace freshet {

Rejection UnreadableUser() {
  return {"policy", "/user_id", "the stored state of this user cannot be read",
          "rebuild it from the changelog: freshet state restore", "bare"};
}

UserOperator::UserOperator(UserOperatorOptions options)
    : options_(std::move(options)),
      decoder_(options_.decoder),
      lists_(options_),
      transitions_(options_.transitions),
      rating_model_(options_.items.ratings),
      rating_predictor_(options_),
      deltas_({options_.items.half_lives, options_.items.row_half_life, options_.item_partitions}),
      evaluation_(options_.evaluation, options_.partition),
      factor_(options_.rank.factor_places, options_.rank.factor_recency) {
  FRESHET_ASSERT(options_.limits.Check().ok());
}

std::optional<Timestamp> UserOperator::EventTime(const std::optional<Timestamp>& given,
                                                 const Record& record) const {
  if (!given) return record.timestamp;
  if (given->ms > record.timestamp.ms + options_.future_ms_max) return std::nullopt;
  return given;
}

void UserOperator::Process(const RoledRecord& input, Context& context) {
  const Record& record = *input.record;
  if (input.input == kLinksInput) return ProcessLink(record, context);
  ProcessEvent({&record, input.input, options_.partition, record.offset, 0, {}}, "", context);
}

void UserOperator::ProcessEvent(Moment moment, const std::string& as_user, Context& context) {
  const Record& record = *moment.record;
  DecodeResult decoded = decoder_.Decode(kUserInputs[moment.input], record);
  if (!decoded) return context.Reject(record, decoded.error());
  std::visit(
      [&](auto& event) {
        using Kind = std::decay_t<decltype(event)>;
        if constexpr (std::is_same_v<Kind, Tombstone>) {
          context.AdvanceWatermark(record.timestamp);
          moment.at = record.timestamp;
          Profile none;  // the one input whose keys can be gone
          none.user_id = as_user.empty() ? event.key : as_user;
          Learn(none, moment, context);
        } else if constexpr (std::is_same_v<Kind, CatalogueItem>) {
          context.AdvanceWatermark(record.timestamp);
          context.Count(Outcome::kAccepted);
        } else {
          std::optional<Timestamp> given;
          if constexpr (std::is_same_v<Kind, Rating>) {
            given = event.rated_at;
          } else if constexpr (std::is_same_v<Kind, Profile>) {
            given = event.updated_at;
          } else {
            given = event.occurred_at;
          }
          const std::optional<Timestamp> at = EventTime(given, record);
          if (!at) return context.Reject(record, FromFuture(*given, record.timestamp));
          context.AdvanceWatermark(*at);
          moment.at = *at;
          if (!as_user.empty()) event.user_id = as_user;
          Learn(event, moment, context);
        }
      },
      *decoded);
}

UserOperator::Touched* UserOperator::Touch(const std::string& user_id, Context& context) {
  if (const auto at = index_.find(user_id); at != index_.end()) return touched_[at->second].get();
  auto loaded = UserState::Load(context.state(), user_id, options_.limits);
  if (!loaded.ok()) return nullptr;
  index_.emplace(user_id, touched_.size());
  touched_.push_back(std::make_unique<Touched>(std::move(*loaded)));
  Touched& touched = *touched_.back();
  // An id has a state or an alias, never both.
  if (touched.user.empty()) touched.alias = LoadAlias(user_id, context);
  return &touched;
}

UserOperator::Touched* UserOperator::Accept(const std::string& user_id, const std::string& event_id,
                                            const Moment& moment, Context& context) {
  Touched* touched = Touch(user_id, context);
  if (touched == nullptr) {
    context.Reject(*moment.record, UnreadableUser());
    return nullptr;
  }
  if (touched->alias) {
    const UserLink event{UserLink::Kind::kEvent,
                         user_id,
                         {},
                         {},
                         moment.hops,
                         event_id,
                         moment.input,
                         moment.partition,
                         moment.offset,
                         moment.record->value.value_or("")};
    if (SentOn(*touched, event, *moment.record, context)) {
      context.Count(Outcome::kAccepted);
      return nullptr;
    }
  }
  // Without an event_id a record's own place identifies it, and the log delivers each place once.
  if (!event_id.empty() && !touched->user.RememberEventId(context.state(), event_id, moment.at)) {
    context.Count(Outcome::kDuplicate);
    return nullptr;
  }
  context.Count(Outcome::kAccepted);
  return touched;
}

void UserOperator::NameTrigger(Touched& touched, const Moment& moment, const std::string& event_id) {
  Trigger trigger;
  trigger.event_id = event_id;
  trigger.topic = options_.topics[moment.input];
  trigger.partition = moment.partition;
  trigger.offset = moment.offset;
  touched.trigger = std::move(trigger);
  touched.triggered_at = moment.record->timestamp;
  touched.refresh_only = false;
}

void UserOperator::CloseBatch(Context& context) {
  if (options_.publish.lists) PublishLists(context);
  for (const auto& touched : touched_) EmitSession(*touched, context);
  for (const auto& touched : touched_) touched->user.Save(context.state());
  evaluation_.Close(context.state());
  deltas_.Emit(context);
  EmitNetLessons(context);
  Discard();
}

void UserOperator::PublishLists(Context& context) {
  ActiveUsers active = ActiveUsers::Load(context.state(), options_.publish.active_users);
  for (const auto& touched : touched_) {
    if (touched->trigger) active.Note(context.state(), touched->user);
    Publish(*touched, context);
  }
  if (context.items() != nullptr && options_.publish.refresh_users > 0) {
    active.BeginRound(Hash64(context.items()->Version()));
    // Who acted waits for this batch's commit: refreshes take a fifth of it, or one list.
    const std::size_t acted = touched_.size();
    const std::size_t count = acted == 0 ? options_.publish.refresh_users
                                         : std::min(options_.publish.refresh_users, (acted + 3) / 4);
    for (const std::string& user_id : active.Next(context.state(), count)) {
      if (index_.contains(user_id)) continue;
      Touched* touched = Touch(user_id, context);
      if (touched == nullptr) {
        context.Skip(
            fmt::format("the stored state of user \"{}\" is damaged: its list is not refreshed", user_id));
        continue;
      }
      touched->refresh_only = true;
      Publish(*touched, context);
    }
  }
  round_runs_ = active.RoundRuns();
  active.Save(context.state());
}

std::uint64_t UserOperator::InputsSignature(const UserState& user, const ItemView& view) const {
  std::array<WindowItem, kTransitionWindowMax> places;
  const std::size_t count =
      CollectWindow(user.history(), std::span(places).first(options_.rank.co_history.places));
  std::string parts;
  for (std::size_t i = 0; i < count; ++i) {
    const ItemModel* item = view.Find(places[i].item);
    AppendBigEndian(parts, places[i].item.value);
    AppendBigEndian(parts, item == nullptr ? 0 : item->version);
  }
  return Hash64(parts);
}

void UserOperator::Publish(Touched& touched, Context& context) {
  UserState& user = touched.user;
  const ItemView* view = context.items();
  if (view == nullptr || !user.known()) return;
  const std::uint64_t signature = InputsSignature(user, *view);
  if (touched.refresh_only && signature == user.facts.inputs_signature) return;
  const Timestamp now = context.watermark();
  if (user.facts.list_digest != 0 && now.ms - user.facts.list_at.ms < options_.publish.min_interval_ms)
    return;
  const UserLists::Request request{now, options_.publish.k};
  const RankedList& ranked = lists_.Rank(user, context.state(), *view, request);
  user.facts.inputs_signature = signature;
  if (options_.evaluation.on) lists_.KeepStanding(user.facts.standing);
  user.Touch();
  const std::uint64_t digest = UserLists::DigestOf(ranked);
  // An empty list is worth a record only where it takes the place of another.
  if (digest == user.facts.list_digest || (ranked.items.empty() && user.facts.list_digest == 0)) return;
  user.facts.list_digest = digest;
  user.facts.list_at = now;
  RecommendationList list = lists_.Explain(user, *view, request);
  list.request_id = fmt::format("r-{}-{}-{}", options_.partition.value, context.Sequence(), published_++);
  list.generated_at = context.BatchTime();
  list.watermark = now;
  list.state_seq = context.Sequence();
  list.trigger = touched.trigger;
  if (list.trigger)
    list.trigger->event_to_publish_ms =
        std::max<std::int64_t>(0, context.BatchTime().ms - touched.triggered_at.ms);
  OutputRecord out;
  out.to = {"recommendations", options_.partition};
  out.key = user.user_id();
  out.value = EncodeRecommendationList(list, options_.publish.detail);
  context.Emit(std::move(out));
}

void UserOperator::EmitNetLessons(Context& context) const {
  constexpr std::size_t kRecordLessons = 16'384;  // 256 KiB: below any log's bound of a record
  const std::span<const NetLesson> all = net_lessons_;
  for (std::size_t first = 0; first < all.size(); first += kRecordLessons) {
    OutputRecord out;
    out.to = {"net-lessons", {0}};
    out.value = EncodeNetLessons(all.subspan(first, std::min(kRecordLessons, all.size() - first)));
    context.Emit(std::move(out));
  }
}

void UserOperator::Discard() {
  touched_.clear();
  index_.clear();
  deltas_.Clear();
  evaluation_.Discard();
  net_lessons_.clear();
  mix_events_ = 0;
  mix_lessons_ = 0;
  published_ = 0;
}

}  // namespace freshet
