#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/hash_map.h"
#include "freshet/record.h"
#include "view/session_codec.h"

namespace freshet {

/// Keys of the item model that each partition has one of begin with a zero byte, and so do those of sessions;
/// all others are items.
inline bool IsGlobalKey(std::string_view key) { return key.starts_with('\0') && !IsSessionKey(key); }

/// The newest record of each key of the item model, while many are read in a row and nobody looks at the
/// view between them: replaced ones are never decoded. Used by one thread.
class NewestRecords final {
 public:
  void Add(Partition partition, Record record);
  /// Held now, with what an entry costs.
  std::size_t Bytes() const { return bytes_; }
  /// Hands over each record once, those of whole partitions first; it is empty afterwards. A record is
  /// borrowed for the call.
  template <typename Visit>
  void Drain(Visit visit) {
    for (const bool global : {true, false}) {
      for (auto at = held_.begin(); at != held_.end(); ++at) {
        if (!at->second.record.key || IsGlobalKey(*at->second.record.key) != global) continue;
        const Held held = std::exchange(at.value(), {});
        visit(held.partition, held.record);
      }
    }
    held_ = {};
    bytes_ = 0;
  }

 private:
  struct Held {
    Partition partition;
    Record record;
  };
  BytesMap<Held> held_;
  std::size_t bytes_ = 0;
};

}  // namespace freshet
