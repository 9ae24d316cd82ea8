#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "freshet/model.h"

namespace freshet {

/// One item with what the view derives from it.
struct ItemEntry {
  std::shared_ptr<const ItemModel> model;
  Factor folded{};  ///< B q, where the model has a factor
};

/// A persistent hash table: a new version shares everything but the touched buckets with the one before.
/// Three levels (chunks of buckets of entries), so that a change copies a few hundred pointers at most.
class ItemTable final {
 public:
  ItemTable();
  std::shared_ptr<const ItemEntry> FindEntry(ItemKey item) const;
  const ItemEntry* Find(ItemKey item) const;
  /// Copies what the previous versions still share.
  void Put(std::shared_ptr<const ItemEntry> entry);
  void Erase(ItemKey item);
  std::size_t size() const { return size_; }
  /// Visits all entries in an order that depends on the keys only.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& chunk : chunks_) {
      if (chunk == nullptr) continue;
      for (const auto& bucket : *chunk) {
        if (bucket == nullptr) continue;
        for (const Slot& slot : *bucket) visit(slot.entry);
      }
    }
  }
  /// Puts `replacement(entry)`, of the same key, in each entry's place; copies every bucket once.
  template <typename Replacement>
  void Replace(Replacement replacement) {
    for (auto& chunk : chunks_) {
      if (chunk == nullptr) continue;
      auto buckets = std::make_shared<Chunk>();
      for (std::size_t b = 0; b < kBucketsPerChunk; ++b) {
        if ((*chunk)[b] == nullptr) continue;
        auto bucket = std::make_shared<Bucket>(*(*chunk)[b]);
        for (Slot& slot : *bucket) slot.entry = replacement(slot.entry);
        (*buckets)[b] = std::move(bucket);
      }
      chunk = std::move(buckets);
    }
  }

 private:
  static constexpr std::size_t kBucketsPerChunk = 128;
  static constexpr std::size_t kEntriesPerBucketGoal = 4;
  struct Slot {
    ItemKey item;
    std::shared_ptr<const ItemEntry> entry;
  };
  using Bucket = std::vector<Slot>;  // by key
  using Chunk = std::array<std::shared_ptr<const Bucket>, kBucketsPerChunk>;
  struct Place {
    std::size_t chunk;
    std::size_t bucket;
  };
  Place PlaceOf(ItemKey item) const;
  const Slot* FindSlot(ItemKey item) const;
  static bool Before(const Slot& slot, ItemKey item) { return slot.item < item; }
  void Grow();
  std::vector<std::shared_ptr<const Chunk>> chunks_;  // a power of two of them
  std::size_t size_ = 0;
};

/// The item model at one version, as every process folds it from the topic `item-model`.
/// Immutable, shared between the task threads and the query threads.
class ItemSnapshot final : public ItemView {
 public:
  const ItemModel* Find(ItemKey item) const override;
  std::span<const PopularItem> Popular(std::size_t half_life) const override;
  const GlobalModel& Global() const override { return *global_; }
  const Factor* Folded(ItemKey item) const override;
  std::size_t ItemCount() const override { return items_.size(); }
  const std::string& Version() const override { return version_; }
  /// Next offset of each partition of the item model that this version does not contain.
  const std::vector<Offset>& Next() const { return next_; }
  /// The newest event that any item of this version knows of: the view's own "now".
  Timestamp LatestEvent() const { return latest_event_; }

 private:
  friend class ItemViewBuilder;
  ItemTable items_;
  std::array<std::shared_ptr<const std::vector<PopularItem>>, kHalfLives> popular_;
  std::shared_ptr<const GlobalModel> global_;
  std::vector<Offset> next_;
  std::string version_;
  Timestamp latest_event_;
};

}  // namespace freshet
