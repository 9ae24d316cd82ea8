#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/versioned_node.h"

namespace freshet {

/// A persistent hash table: what Share hands out stays as it is and shares everything with this table until a
/// Put or an Erase touches it. Three levels (chunks of buckets of entries), so that a change after a Share
/// copies a few hundred pointers at most; the next change of the same bucket copies nothing.
///
/// Key: a struct with a 64-bit `value`. For an Entry there are KeyOf(entry) and BytesOf(entry): what it
/// occupies, with what its place costs.
template <typename Key, typename Entry>
class PersistentTable final {
 public:
  PersistentTable() : chunks_(1) {}
  PersistentTable(PersistentTable&&) noexcept = default;
  PersistentTable& operator=(PersistentTable&&) noexcept = default;
  /// For reading only, by any thread.
  PersistentTable Share() {
    PersistentTable shared;
    shared.chunks_ = chunks_;
    shared.size_ = size_;
    shared.bytes_ = bytes_;
    shared.version_ = kReadOnly;
    ++version_;
    return shared;
  }
  std::shared_ptr<const Entry> FindEntry(Key key) const {
    const Slot* slot = FindSlot(key);
    return slot == nullptr ? nullptr : slot->entry;
  }
  const Entry* Find(Key key) const {
    const Slot* slot = FindSlot(key);
    return slot == nullptr ? nullptr : slot->entry.get();
  }
  void Put(std::shared_ptr<const Entry> entry) {
    if (size_ >= chunks_.size() * kBucketsPerChunk * kEntriesPerBucketGoal) Grow();
    const Key key = KeyOf(*entry);
    auto& slots = OwnBucket(key).slots;
    const auto at = std::lower_bound(slots.begin(), slots.end(), key, Before);
    if (at != slots.end() && at->key == key) return Exchange(*at, std::move(entry));
    bytes_ += BytesOf(*entry);
    slots.insert(at, {key, std::move(entry)});
    ++size_;
  }
  void Erase(Key key) {
    if (Find(key) == nullptr) return;
    auto& slots = OwnBucket(key).slots;
    const auto at = std::lower_bound(slots.begin(), slots.end(), key, Before);
    bytes_ -= BytesOf(*at->entry);
    slots.erase(at);
    --size_;
  }
  std::size_t size() const { return size_; }
  /// What the entries occupy, with the table and the allocator's overhead.
  std::size_t Bytes() const { return bytes_; }
  /// Visits all entries in an order that depends on the keys only.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& chunk : chunks_) {
      if (chunk == nullptr) continue;
      for (const auto& bucket : chunk->buckets) {
        if (bucket == nullptr) continue;
        for (const Slot& slot : bucket->slots) visit(slot.entry);
      }
    }
  }
  /// Puts `replacement(entry)`, of the same key, in each entry's place; copies every shared bucket once.
  template <typename Replacement>
  void Replace(Replacement replacement) {
    for (auto& chunk : chunks_) {
      if (chunk == nullptr) continue;
      for (auto& bucket : OwnNode(chunk, version_).buckets) {
        if (bucket == nullptr) continue;
        for (Slot& slot : OwnNode(bucket, version_).slots) Exchange(slot, replacement(slot.entry));
      }
    }
  }

 private:
  static constexpr std::size_t kBucketsPerChunk = 128;
  static constexpr std::size_t kEntriesPerBucketGoal = 4;
  static constexpr std::uint64_t kReadOnly = 0;
  struct Slot {
    Key key;
    std::shared_ptr<const Entry> entry;
  };
  // A node of an older version is shared with a table that was handed out: it is copied before a change.
  struct Bucket {
    std::uint64_t version = 0;
    std::vector<Slot> slots;  // by key
  };
  struct Chunk {
    std::uint64_t version = 0;
    std::array<std::shared_ptr<Bucket>, kBucketsPerChunk> buckets;
  };
  struct Place {
    std::size_t chunk;
    std::size_t bucket;
  };
  Place PlaceOf(Key key) const {
    const std::uint64_t mixed = MixBits(key.value);
    return {(mixed / kBucketsPerChunk) & (chunks_.size() - 1), mixed % kBucketsPerChunk};
  }
  const Slot* FindSlot(Key key) const {
    const Place place = PlaceOf(key);
    const auto& chunk = chunks_[place.chunk];
    if (chunk == nullptr || chunk->buckets[place.bucket] == nullptr) return nullptr;
    for (const Slot& slot : chunk->buckets[place.bucket]->slots) {
      if (slot.key == key) return &slot;
    }
    return nullptr;
  }
  static bool Before(const Slot& slot, Key key) { return slot.key < key; }
  void Exchange(Slot& slot, std::shared_ptr<const Entry> entry) {
    FRESHET_ASSERT(version_ != kReadOnly);
    bytes_ += BytesOf(*entry);
    bytes_ -= BytesOf(*slot.entry);
    slot.entry = std::move(entry);
  }
  Bucket& OwnBucket(Key key) {
    FRESHET_ASSERT(version_ != kReadOnly);
    const Place place = PlaceOf(key);
    return OwnNode(OwnNode(chunks_[place.chunk], version_).buckets[place.bucket], version_);
  }
  void Grow() {
    PersistentTable larger;
    larger.version_ = version_;
    larger.chunks_.resize(chunks_.size() * 2);
    ForEach([&](const std::shared_ptr<const Entry>& entry) {
      const Key key = KeyOf(*entry);
      auto& slots = larger.OwnBucket(key).slots;
      slots.insert(std::lower_bound(slots.begin(), slots.end(), key, Before), {key, entry});
    });
    larger.size_ = size_;
    larger.bytes_ = bytes_;
    *this = std::move(larger);
  }

  std::vector<std::shared_ptr<Chunk>> chunks_;  // a power of two of them
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 1;
};

}  // namespace freshet
