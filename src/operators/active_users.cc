#include "operators/active_users.h"

#include <algorithm>

#include "base/bytes.h"
#include "state/keys.h"

namespace freshet {
namespace {

std::string SlotKey(std::uint64_t slot) { return KeyBuilder(kActiveTable).Number(slot).Take(); }

}  // namespace

ActiveUsers ActiveUsers::Load(State& state, std::uint64_t slots) {
  ActiveUsers active;
  active.slots_ = std::max<std::uint64_t>(1, slots);
  const auto bytes = state.Get(KeyBuilder(kCursorTable).View());
  if (!bytes) return active;
  ByteReader reader(*bytes);
  active.next_slot_ = reader.Varint();
  active.cursor_ = reader.Varint();
  active.left_ = reader.Varint();
  active.version_ = reader.Fixed<std::uint64_t>();
  return active;
}

void ActiveUsers::Save(State& state) {
  if (!dirty_) return;
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(next_slot_);
  writer.Varint(cursor_);
  writer.Varint(left_);
  writer.Fixed(version_);
  state.Put(KeyBuilder(kCursorTable).View(), bytes);
  dirty_ = false;
}

void ActiveUsers::Note(State& state, UserState& user) {
  if (user.facts.active_slot > 0 && state.Get(SlotKey(user.facts.active_slot - 1)) == user.user_id()) return;
  const std::uint64_t slot = next_slot_++ % slots_;
  state.Put(SlotKey(slot), user.user_id());
  user.facts.active_slot = slot + 1;
  user.Touch();
  dirty_ = true;
}

void ActiveUsers::BeginRound(std::uint64_t view_version_hash) {
  if (view_version_hash == version_) return;
  version_ = view_version_hash;
  left_ = std::min(slots_, next_slot_);
  dirty_ = true;
}

std::vector<std::string> ActiveUsers::Next(State& state, std::size_t count) {
  std::vector<std::string> users;
  const std::uint64_t used = std::min(slots_, next_slot_);
  for (; left_ > 0 && users.size() < count && used > 0; --left_) {
    const auto user = state.Get(SlotKey(cursor_ % used));
    ++cursor_;
    dirty_ = true;
    if (user) users.emplace_back(*user);
  }
  return users;
}

}  // namespace freshet
