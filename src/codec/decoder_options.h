#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freshet {

/// What to make of a record's key, which should be the event's user_id (item_id in the catalogue) so that one
/// task sees all of a user's events.
enum class KeyRule {
  kIgnore,        ///< the fields decide; the key is not read
  kMatchIfGiven,  ///< a key that differs from the field is rejected with reason "policy"
  kRequire,       ///< so is a record without a key
};

struct DecoderOptions {
  /// Interaction types beyond the contract's that the configuration gives a weight.
  std::vector<std::string> custom_interaction_types = {};
  /// Longer values are rejected unread: the size that CloudEvents intermediaries must carry.
  std::size_t value_bytes_max = 64 << 10;
  KeyRule key_rule = KeyRule::kIgnore;
  /// How far an event's time may lie after its record's; absent: any. Not for the decoder, whose results do
  /// not depend on time, but for those who check events before they are records.
  std::optional<std::int64_t> future_ms_max = {};
};

}  // namespace freshet
