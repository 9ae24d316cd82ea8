// Sessions of the task's users, as others are compared with them
// (docs/adr/0012-sessions-in-the-item-model.md).

#include <algorithm>

#include "base/hash.h"
#include "operators/session_ring.h"
#include "operators/user_operator.h"
#include "view/session_codec.h"

namespace freshet {

void UserOperator::FollowSession(Touched& touched, std::string_view session_id, HistoryEvent& event,
                                 Context& context) {
  LiveSession& session = touched.user.facts.session;
  const std::uint64_t id = session_id.empty() ? 0 : Hash64(session_id);
  const bool named = id != 0 && session.id != 0;
  const bool near = event.at.ms - touched.user.facts.last_event.ms <= options_.sessions.gap_ms;
  const bool opens = touched.user.facts.events == 0 || (named ? id != session.id : !near);
  if (opens) event.taught |= kOpensSession;
  if (opens || session.events >= options_.sessions.events) {
    EmitSession(touched, context);
    session = {session.id, 0, 0};
    if (opens) session.id = 0;
  }
  if (id != 0) session.id = id;
  ++session.events;
  touched.session_changed = true;
}

void UserOperator::EmitSession(Touched& touched, Context& context) {
  LiveSession& live = touched.user.facts.session;
  if (!std::exchange(touched.session_changed, false) || options_.sessions.kept == 0) return;
  const History history = touched.user.history();
  const auto events = static_cast<std::size_t>(std::min<std::uint64_t>(live.events, history.size()));
  if (events == 0) return;
  const History own = history.last(events);
  UserSession session{own.front().at, {}};
  for (const HistoryEvent& event : own) {
    if (event.weight > 0) session.items.push_back(event.item);
  }
  constexpr std::size_t kWorthItems = 2;  // one item alone says nothing about another
  if (live.slot == 0 && session.items.size() < kWorthItems) return;
  if (live.slot == 0) live.slot = 1 + TakeSessionSlot(context);
  EmitSessionRecord(*live.Key(options_.partition), EncodeSession(session), context);
}

std::uint64_t UserOperator::TakeSessionSlot(Context& context) {
  constexpr int kClearedAtOnce = 2;  // more than come: a ring that was made smaller gets there
  SessionRing ring = SessionRing::Load(context.state());
  const std::uint32_t slot = ring.Take(options_.sessions.kept);
  for (int i = 0; i < kClearedAtOnce; ++i) {
    const auto surplus = ring.TakeSurplus(options_.sessions.kept);
    if (surplus) EmitSessionRecord(SessionKey::Of(options_.partition, *surplus), std::nullopt, context);
  }
  ring.Save(context.state());
  return slot;
}

void UserOperator::EmitSessionRecord(SessionKey key, std::optional<std::string> value,
                                     Context& context) const {
  OutputRecord out;
  out.to = {"item-model", SessionPartition(key, options_.item_partitions)};
  out.key = EncodeSessionKey(key);
  out.value = std::move(value);
  context.Emit(std::move(out));
}

}  // namespace freshet
