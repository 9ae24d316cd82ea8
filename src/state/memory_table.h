#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash_map.h"

namespace freshet {

/// What a MemoryTable knows about a key.
enum class Known : std::uint8_t {
  kNothing,  ///< ask the database
  kAbsent,   ///< committed as absent
  kPresent,
};

struct Cached {
  Known known = Known::kNothing;
  std::string_view value;  ///< borrowed until the next call that is not const
};

/// Committed keys and values in memory, in front of the database: at most `bytes_max`, the least recently
/// used leave first (CLOCK: Corbató 1968). Owned by a TaskStore, used by its task's thread. A hit costs one
/// hash and one or two cache lines; an entry costs about 50 bytes beside its key and value.
class MemoryTable final {
 public:
  explicit MemoryTable(std::size_t bytes_max);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  Cached Find(std::string_view key);
  /// Absent value: remembers that there is none. An entry larger than the whole table is not kept.
  void Remember(std::string_view key, std::optional<std::string_view> value);
  void Forget(std::string_view key);
  void Clear();
  /// Takes effect at once: what does not fit any more leaves.
  void SetBound(std::size_t bytes_max);

  std::size_t Count() const { return index_.size(); }
  /// What the table occupies, with its index and the allocator's overhead.
  std::size_t Bytes() const;
  std::uint64_t Evictions() const { return evictions_; }

 private:
  struct Entry;
  struct SlotHash {
    using is_transparent = void;
    const MemoryTable* table;
    std::size_t operator()(std::string_view key) const { return Hash64(key); }
    std::size_t operator()(std::uint32_t slot) const;
  };
  struct SlotEqual {
    using is_transparent = void;
    const MemoryTable* table;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::uint32_t slot, std::string_view key) const;
    bool operator()(std::string_view key, std::uint32_t slot) const { return (*this)(slot, key); }
  };
  // Hashes are kept in the buckets (12 bytes each), so that growing does not touch the entries.
  using Index = tsl::robin_set<std::uint32_t, SlotHash, SlotEqual, std::allocator<std::uint32_t>, true>;

  void Insert(std::string_view key, std::optional<std::string_view> value);
  void Replace(std::uint32_t slot, std::optional<std::string_view> value);
  void FreeSlot(std::uint32_t slot);
  void EvictToBound();
  void EvictOne();
  void Rebuild();

  std::size_t bytes_max_;
  std::vector<Entry*> slots_;  // null: free
  std::vector<std::uint32_t> free_slots_;
  Index index_;
  std::size_t entry_bytes_ = 0;
  std::size_t hand_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace freshet
