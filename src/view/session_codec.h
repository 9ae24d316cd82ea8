#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "freshet/model.h"
#include "freshet/result.h"

namespace freshet {

// Sessions in the compacted topic `item-model` (schemas/state.md, "item model"):
//   key  0x00 'S' partition:u32 slot:u32, both big-endian   -> value encoded UserSession; null: it is gone
// A session stands in the topic's partition SessionPartition, whoever its items' owners are.

inline bool IsSessionKey(std::string_view key) { return key.starts_with(std::string_view("\0S", 2)); }
std::string EncodeSessionKey(SessionKey key);
/// Nullopt: it is none.
std::optional<SessionKey> DecodeSessionKey(std::string_view bytes);
Partition SessionPartition(SessionKey key, std::int32_t item_partitions);

std::string EncodeSession(const UserSession& session);
Result<UserSession> DecodeSession(std::string_view bytes);

}  // namespace freshet
