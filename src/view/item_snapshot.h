#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "freshet/model.h"
#include "models/int8_matrix.h"
#include "models/net_table.h"

namespace freshet {

/// One item with what the view derives from it.
struct ItemEntry {
  std::shared_ptr<const ItemModel> model;
  Factor folded{};  ///< B q, where the model has a factor
};

/// A persistent hash table: what Share hands out stays as it is and shares everything with this table until a
/// Put or an Erase touches it. Three levels (chunks of buckets of entries), so that a change after a Share
/// copies a few hundred pointers at most; the next change of the same bucket copies nothing.
class ItemTable final {
 public:
  ItemTable();
  ItemTable(ItemTable&&) noexcept = default;
  ItemTable& operator=(ItemTable&&) noexcept = default;
  /// For reading only, by any thread.
  ItemTable Share();
  std::shared_ptr<const ItemEntry> FindEntry(ItemKey item) const;
  const ItemEntry* Find(ItemKey item) const;
  void Put(std::shared_ptr<const ItemEntry> entry);
  void Erase(ItemKey item);
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
      for (auto& bucket : Own(chunk).buckets) {
        if (bucket == nullptr) continue;
        for (Slot& slot : Own(bucket).slots) Exchange(slot, replacement(slot.entry));
      }
    }
  }

 private:
  static constexpr std::size_t kBucketsPerChunk = 128;
  static constexpr std::size_t kEntriesPerBucketGoal = 4;
  static constexpr std::uint64_t kReadOnly = 0;
  struct Slot {
    ItemKey item;
    std::shared_ptr<const ItemEntry> entry;
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
  Place PlaceOf(ItemKey item) const;
  const Slot* FindSlot(ItemKey item) const;
  static bool Before(const Slot& slot, ItemKey item) { return slot.item < item; }
  template <typename Node>
  Node& Own(std::shared_ptr<Node>& node) const {
    if (node == nullptr || node->version != version_) {
      node = node == nullptr ? std::make_shared<Node>() : std::make_shared<Node>(*node);
      node->version = version_;
    }
    return *node;
  }
  void Exchange(Slot& slot, std::shared_ptr<const ItemEntry> entry);
  Bucket& OwnBucket(ItemKey item);
  void Grow();
  std::vector<std::shared_ptr<Chunk>> chunks_;  // a power of two of them
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 1;
};

/// The item model at one version, as every process folds it from the topic `item-model`.
/// Immutable, shared between the task threads and the query threads.
class ItemSnapshot final : public ItemView {
 public:
  const ItemModel* Find(ItemKey item) const override;
  std::span<const PopularItem> Popular(std::size_t half_life) const override;
  const GlobalModel& Global() const override { return *global_; }
  const Factor* Folded(ItemKey item) const override;
  const Int8Matrix* Vectors(VectorSpace space) const override {
    return &vectors_[static_cast<std::size_t>(space)];
  }
  const NetTable* Net() const override { return net_.get(); }
  std::size_t ItemCount() const override { return items_.size(); }
  const std::string& Version() const override { return version_; }
  /// Older versions share most of it.
  std::size_t Bytes() const;
  /// Next offset of each partition of the item model that this version does not contain.
  const std::vector<Offset>& Next() const { return next_; }
  /// The newest event that any item of this version knows of: the view's own "now".
  Timestamp LatestEvent() const { return latest_event_; }
  /// All item models, in an order that depends on the keys only.
  template <typename Visit>
  void ForEachItem(Visit visit) const {
    items_.ForEach([&](const std::shared_ptr<const ItemEntry>& entry) { visit(*entry->model); });
  }

 private:
  friend class ItemViewBuilder;
  ItemTable items_;
  std::array<Int8Matrix, kVectorSpaces> vectors_{Int8Matrix(kFactors)};
  std::array<std::shared_ptr<const std::vector<PopularItem>>, kHalfLives> popular_;
  std::shared_ptr<const GlobalModel> global_;
  std::shared_ptr<const NetTable> net_;
  std::vector<Offset> next_;
  std::string version_;
  Timestamp latest_event_;
};

}  // namespace freshet
