// Ids that become one user: the side that gives up an id, and the side that takes it over.

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"
#include "operators/internal_topic.h"
#include "operators/taught_taste.h"
#include "operators/user_operator.h"
#include "state/keys.h"

namespace freshet {
namespace {

// Further than any chain of identifications in earnest: two ids that claim each other would pass on for ever.
constexpr std::uint8_t kHopsMax = 8;

std::string AliasKey(const std::string& user_id) { return KeyBuilder(kAliasTable).Text(user_id).Take(); }

}  // namespace

std::optional<UserOperator::Alias> UserOperator::LoadAlias(const std::string& user_id,
                                                           Context& context) const {
  const auto bytes = context.state().Get(AliasKey(user_id));
  if (!bytes) return std::nullopt;
  ByteReader reader(*bytes);
  Alias alias;
  alias.home.value = static_cast<std::int32_t>(reader.Varint());
  alias.user_id = reader.Raw(reader.left());
  return alias;
}

void UserOperator::SaveAlias(const std::string& user_id, const Alias& alias, Context& context) const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(static_cast<std::uint64_t>(alias.home.value));
  writer.Raw(alias.user_id);
  context.state().Put(AliasKey(user_id), bytes);
}

bool UserOperator::SentOn(Touched& touched, UserLink link, const Record& record, Context& context) {
  if (link.hops == kHopsMax) {  // a circle: it ends here, where this id is a user again
    touched.alias.reset();
    context.state().Delete(AliasKey(touched.user.user_id()));
    return false;
  }
  link.to = touched.alias->user_id;
  ++link.hops;
  EmitLink(link, touched.alias->home, record, context);
  return true;
}

void UserOperator::EmitLink(const UserLink& link, Partition to, const Record& record,
                            Context& context) const {
  OutputRecord out;
  out.to = {"user-links", to};
  out.key = link.to;
  out.value = EncodeUserLink(link);
  if (link.kind == UserLink::Kind::kEvent) out.headers = record.headers;
  out.timestamp = record.timestamp;
  context.Emit(std::move(out));
}

void UserOperator::Identify(const Interaction& event, const Moment& moment, Context& context) {
  if (event.anonymous_id == event.user_id) return;
  UserLink claim;
  claim.from = event.anonymous_id;
  claim.to = event.user_id;
  claim.home = options_.partition;
  claim.event_id = event.event_id;
  claim.input = moment.input;
  claim.partition = moment.partition;
  claim.offset = moment.offset;
  // Where the visitor's events went: here if this task knows it, else where a producer's default puts its
  // key.
  const Touched* visitor = Touch(event.anonymous_id, context);
  const bool here = visitor != nullptr && (!visitor->user.empty() || visitor->alias);
  EmitLink(claim, here ? options_.partition : PartitionForKey(event.anonymous_id, options_.user_partitions),
           *moment.record, context);
}

void UserOperator::ProcessLink(const Record& record, Context& context) {
  const auto link = DecodeUserLink(record.value.value_or(""));
  if (!link.ok()) return context.Reject(record, DamagedInternal(link.error()));
  switch (link->kind) {
    case UserLink::Kind::kClaim:
      return ProcessClaim(*link, record, context);
    case UserLink::Kind::kHandover:
      return ProcessHandover(*link, record, context);
    case UserLink::Kind::kEvent: {
      Record event = record;
      event.key = link->to;
      event.value = link->body.empty() ? std::nullopt : std::optional(link->body);
      const Moment moment{&event, link->input, link->partition, link->offset, link->hops, {}};
      return ProcessEvent(moment, link->to, context);
    }
  }
}

void UserOperator::ProcessClaim(const UserLink& link, const Record& record, Context& context) {
  Touched* touched = Touch(link.from, context);
  if (touched == nullptr) return context.Reject(record, UnreadableUser());
  context.Count(Outcome::kAccepted);
  if (!touched->user.empty()) HandOver(*touched, link, record, context);
  touched->alias = Alias{link.to, link.home};
  touched->trigger.reset();
  SaveAlias(link.from, *touched->alias, context);
}

void UserOperator::HandOver(Touched& touched, const UserLink& claim, const Record& record, Context& context) {
  UserState& user = touched.user;
  if (user.facts.list_digest != 0) {  // nobody asks for this id's list any more
    OutputRecord gone;
    gone.to = {"recommendations", options_.partition};
    gone.key = user.user_id();
    context.Emit(std::move(gone));
  }
  // The one user will teach its items anew.
  TakeTasteBack(claim.from, user.history(), context);
  EraseTaughtTaste(context.state(), claim.from);
  for (const HistoryEvent& event : user.history()) CountProfile(user.segments(), event, -1);
  MovedUser moved = user.MoveOut(context.state(), options_.partition);
  for (HistoryEvent& event : moved.history) event.taught &= static_cast<std::uint8_t>(~kTaughtTaste);
  for (std::size_t i = 0; i < moved.history.size(); ++i) {
    const HistoryEvent& event = moved.history[i];
    if (event.input != kRatingsInput || event.weight == 0) continue;
    const auto rating = RatingRecord::Load(context.state(), claim.from, event.item);
    if (!rating) continue;
    moved.rated.push_back({i, *rating});
    RatingRecord::Erase(context.state(), claim.from, event.item);
  }
  UserLink handover = claim;
  handover.kind = UserLink::Kind::kHandover;
  for (const MovedUser& piece : std::move(moved).Split()) {
    handover.body = piece.Encode();
    EmitLink(handover, claim.home, record, context);
  }
}

void UserOperator::ProcessHandover(const UserLink& link, const Record& record, Context& context) {
  Touched* touched = Touch(link.to, context);
  if (touched == nullptr) return context.Reject(record, UnreadableUser());
  if (touched->alias && SentOn(*touched, link, record, context)) return context.Count(Outcome::kAccepted);
  auto moved = MovedUser::Decode(link.body);
  if (!moved.ok()) return context.Reject(record, DamagedInternal(moved.error()));
  context.Count(Outcome::kAccepted);
  NameTrigger(*touched, {&record, link.input, link.partition, link.offset, link.hops, {}}, link.event_id);
  Absorb(*touched, std::move(*moved), context);
}

void UserOperator::Absorb(Touched& touched, MovedUser moved, Context& context) {
  UserState& user = touched.user;
  for (HistoryEvent& event : moved.history) {
    context.AdvanceWatermark(event.at);
    if (event.from == options_.partition) event.from = Partition{-1};
  }
  // An event that both ids had, because it was sent under both, counts once.
  const auto both_had = [&user](const HistoryEvent& theirs) {
    const History mine = user.history();
    return !theirs.event_id.empty() && std::any_of(mine.begin(), mine.end(), [&](const HistoryEvent& own) {
      return own.event_id == theirs.event_id;
    });
  };
  user.facts.ratings = rating_model_.Combined(user.facts.ratings, moved.ratings);
  for (const MovedUser::Rated& rating : moved.rated) {
    const HistoryEvent& event = moved.history[rating.place];
    const bool kept = !both_had(event) && AbsorbRating(touched, event, rating.record, context);
    if (!kept) TakeRatingBack(user, event.item, event.item_partition, rating.record);
    if (!kept) GiveUp(moved.history, rating.place, context);
  }
  for (std::size_t i = 0; i < moved.history.size(); ++i) {
    if (both_had(moved.history[i])) GiveUp(moved.history, i, context);
  }
  std::erase_if(moved.history, both_had);
  for (const HistoryEvent& event : moved.history) CountProfile(user.segments(), event, 1);
  const bool rated = std::any_of(moved.history.begin(), moved.history.end(), &IsRated);
  AbsorbHistory(user, std::move(moved.history), context);
  if (rated && context.items() != nullptr) {
    TeachTasteAnew(touched, LoadTaughtTaste(context.state(), user.user_id()), context);
  }
  user.MoveIn(context.state(), moved);
}

void UserOperator::GiveUp(std::vector<HistoryEvent>& theirs, std::size_t index, Context& context) {
  if (theirs[index].weight == 0) return;
  TakeBackFromItems(theirs, index, context.items());
  theirs[index].weight = 0;
}

bool UserOperator::AbsorbRating(Touched& touched, const HistoryEvent& event, const RatingRecord& theirs,
                                Context& context) {
  const std::string& user_id = touched.user.user_id();
  const auto mine = RatingRecord::Load(context.state(), user_id, event.item);
  if (mine && mine->rated_at >= theirs.rated_at) return false;
  if (mine && !mine->removed) ReplaceRating(touched, event.item, event.item_partition, *mine, context);
  theirs.Save(context.state(), user_id, event.item);
  return true;
}

void UserOperator::AbsorbHistory(UserState& user, std::vector<HistoryEvent> theirs, Context& context) {
  const std::vector<HistoryEvent> mine(user.history().begin(), user.history().end());
  std::vector<HistoryEvent> merged;
  merged.reserve(mine.size() + theirs.size());
  std::size_t m = 0;
  std::size_t t = 0;
  while (m < mine.size() || t < theirs.size()) {
    const bool take_mine = t == theirs.size() || (m < mine.size() && mine[m].at <= theirs[t].at);
    const History own = take_mine ? History(mine).first(m) : History(theirs).first(t);
    const HistoryEvent& event = take_mine ? mine[m++] : theirs[t++];
    // What this event followed changes: its transitions are those of the one history from now on.
    cells_.clear();
    transitions_.Move(own, merged, event, cells_);
    AddCells(merged, event);
    merged.push_back(event);
  }
  user.ReplaceHistory(context.state(), std::move(merged), theirs.size());
}

}  // namespace freshet
