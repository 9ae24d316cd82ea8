// A user's state on its way to another user: what leaves, and what arrives.

#include <algorithm>

#include "base/bytes.h"
#include "operators/user_state.h"
#include "state/keys.h"

namespace freshet {
namespace {

template <typename Number>
void AppendNumbers(std::string_view bytes, std::vector<Number>& to) {
  ByteReader reader(bytes);
  while (reader.left() >= sizeof(std::uint64_t)) to.push_back(Number{reader.Fixed<std::uint64_t>()});
}

}  // namespace

std::vector<std::uint64_t> UserState::EventIds(State& state) const {
  std::vector<std::uint64_t> ids;
  const std::uint64_t oldest = sealed_id_blocks_ > IdSlots() ? sealed_id_blocks_ - IdSlots() : 0;
  for (std::uint64_t block = oldest; block < sealed_id_blocks_; ++block) {
    std::string_view bytes = state.Get(PartKey(kEventIdTable, block % IdSlots())).value_or("");
    ByteReader reader(bytes);
    reader.Signed();
    AppendNumbers(reader.Raw(reader.left()), ids);
  }
  ids.insert(ids.end(), open_ids_.begin(), open_ids_.end());
  return ids;
}

MovedUser UserState::MoveOut(State& state, Partition own) {
  MovedUser moved;
  for (std::uint64_t block = 0; block < UsedSeenSlots(); ++block) {
    AppendNumbers(state.Get(PartKey(kSeenTable, block)).value_or(""), moved.older_seen);
  }
  moved.event_ids = EventIds(state);
  moved.newest_id_at = newest_id_at_;
  moved.ratings = facts.ratings;
  moved.dismissals = std::move(dismissed_);
  moved.history = std::move(history_);
  for (HistoryEvent& event : moved.history) {
    if (event.from.value < 0) event.from = own;
  }
  EraseKeys(state);
  *this = UserState(user_id_, limits_);
  return moved;
}

void UserState::EraseKeys(State& state) {
  state.Delete(KeyBuilder(kUserTable).Text(user_id_).View());
  state.Delete(KeyBuilder(kProfileTable).Text(user_id_).View());
  for (std::uint64_t slot = 0; slot < std::min<std::uint64_t>(SealedBlocks(), Slots()); ++slot)
    state.Delete(PartKey(kHistoryTable, slot));
  for (std::uint64_t slot = 0; slot < UsedSeenSlots(); ++slot) state.Delete(PartKey(kSeenTable, slot));
  for (std::uint64_t slot = 0; slot < std::min<std::uint64_t>(sealed_id_blocks_, IdSlots()); ++slot)
    state.Delete(PartKey(kEventIdTable, slot));
}

void UserState::MoveIn(State& state, const MovedUser& moved) {
  for (const ItemKey item : moved.older_seen) KeepOlderSeen(state, item);
  for (const Dismissal& dismissal : moved.dismissals) Dismiss(dismissal);
  if (!ids_loaded_) LoadEventIds(state, moved.newest_id_at);
  newest_id_at_ = std::max(newest_id_at_, moved.newest_id_at);
  for (const std::uint64_t id : moved.event_ids) RememberHash(state, id);
  head_dirty_ = true;
}

void UserState::ReplaceHistory(State& state, std::vector<HistoryEvent> events, std::size_t more) {
  facts.events += more;
  // Blocks are numbered by the events ever appended: what is kept ends with the open block, as if it had
  // grown.
  const std::size_t kept =
      static_cast<std::size_t>(std::min<std::uint64_t>(facts.events, Slots() * kBlockEvents + OpenEvents()));
  const std::size_t leaving = events.size() - std::min(kept, events.size());
  for (const HistoryEvent& event : std::span(events).first(leaving)) {
    if (event.weight != 0) KeepOlderSeen(state, event.item);
  }
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(leaving));
  history_ = std::move(events);
  for (const HistoryEvent& event : history_) facts.last_event = std::max(facts.last_event, event.at);
  const std::uint64_t sealed = SealedBlocks();
  for (std::uint64_t block = sealed - (history_.size() - OpenEvents()) / kBlockEvents; block < sealed;
       ++block)
    dirty_blocks_.push_back(block);
  facts.session = {};  // what was published stays; the next event begins another record
  head_dirty_ = true;
}

}  // namespace freshet
