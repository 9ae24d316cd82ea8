#include "operators/session_ring.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "operators/user_state.h"
#include "state/keys.h"

namespace freshet {

SessionRing SessionRing::Load(State& state) {
  SessionRing ring;
  const auto bytes = state.Get(KeyBuilder(kSessionTable).View());
  if (!bytes) return ring;
  ByteReader reader(*bytes);
  ring.taken_ = reader.Varint();
  ring.used_ = static_cast<std::uint32_t>(reader.Varint());
  return ring;
}

void SessionRing::Save(State& state) const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(taken_);
  writer.Varint(used_);
  state.Put(KeyBuilder(kSessionTable).View(), bytes);
}

std::uint32_t SessionRing::Take(std::uint32_t kept) {
  FRESHET_ASSERT(kept > 0);
  const auto slot = static_cast<std::uint32_t>(taken_++ % kept);
  used_ = std::max(used_, slot + 1);
  return slot;
}

std::optional<std::uint32_t> SessionRing::TakeSurplus(std::uint32_t kept) {
  if (used_ <= kept) return std::nullopt;
  return --used_;
}

}  // namespace freshet
