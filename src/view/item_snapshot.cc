#include "view/item_snapshot.h"

#include <algorithm>

#include "base/assert.h"
#include "base/hash.h"

namespace freshet {
namespace {

constexpr std::size_t kEntryOverheadBytes = 96;  // control blocks, heap headers, its place in a bucket

std::size_t BytesOf(const ItemEntry& entry) {
  const ItemModel& item = *entry.model;
  std::size_t bytes =
      sizeof(ItemEntry) + sizeof(ItemModel) + kEntryOverheadBytes + item.row.capacity() * sizeof(RowCell);
  for (const std::string* text : {&item.item_id, &item.item_type, &item.title, &item.category}) {
    if (text->capacity() > std::string().capacity()) bytes += text->capacity() + 1;
  }
  bytes += item.facets.capacity() * sizeof(item.facets.front());
  return bytes;
}

}  // namespace

ItemTable::ItemTable() : chunks_(1) {}

ItemTable ItemTable::Share() {
  ItemTable shared;
  shared.chunks_ = chunks_;
  shared.size_ = size_;
  shared.bytes_ = bytes_;
  shared.version_ = kReadOnly;
  ++version_;
  return shared;
}

ItemTable::Place ItemTable::PlaceOf(ItemKey item) const {
  const std::uint64_t mixed = MixBits(item.value);
  return {(mixed / kBucketsPerChunk) & (chunks_.size() - 1), mixed % kBucketsPerChunk};
}

const ItemTable::Slot* ItemTable::FindSlot(ItemKey item) const {
  const Place place = PlaceOf(item);
  const auto& chunk = chunks_[place.chunk];
  if (chunk == nullptr || chunk->buckets[place.bucket] == nullptr) return nullptr;
  for (const Slot& slot : chunk->buckets[place.bucket]->slots) {
    if (slot.item == item) return &slot;
  }
  return nullptr;
}

const ItemEntry* ItemTable::Find(ItemKey item) const {
  const Slot* slot = FindSlot(item);
  return slot == nullptr ? nullptr : slot->entry.get();
}

std::shared_ptr<const ItemEntry> ItemTable::FindEntry(ItemKey item) const {
  const Slot* slot = FindSlot(item);
  return slot == nullptr ? nullptr : slot->entry;
}

void ItemTable::Exchange(Slot& slot, std::shared_ptr<const ItemEntry> entry) {
  FRESHET_ASSERT(version_ != kReadOnly);
  bytes_ += BytesOf(*entry);
  bytes_ -= BytesOf(*slot.entry);
  slot.entry = std::move(entry);
}

ItemTable::Bucket& ItemTable::OwnBucket(ItemKey item) {
  FRESHET_ASSERT(version_ != kReadOnly);
  const Place place = PlaceOf(item);
  return Own(Own(chunks_[place.chunk]).buckets[place.bucket]);
}

void ItemTable::Put(std::shared_ptr<const ItemEntry> entry) {
  if (size_ >= chunks_.size() * kBucketsPerChunk * kEntriesPerBucketGoal) Grow();
  const ItemKey item = entry->model->key;
  auto& slots = OwnBucket(item).slots;
  const auto at = std::lower_bound(slots.begin(), slots.end(), item, Before);
  if (at != slots.end() && at->item == item) return Exchange(*at, std::move(entry));
  bytes_ += BytesOf(*entry);
  slots.insert(at, {item, std::move(entry)});
  ++size_;
}

void ItemTable::Erase(ItemKey item) {
  if (Find(item) == nullptr) return;
  auto& slots = OwnBucket(item).slots;
  const auto at = std::lower_bound(slots.begin(), slots.end(), item, Before);
  bytes_ -= BytesOf(*at->entry);
  slots.erase(at);
  --size_;
}

void ItemTable::Grow() {
  ItemTable larger;
  larger.version_ = version_;
  larger.chunks_.resize(chunks_.size() * 2);
  ForEach([&](const std::shared_ptr<const ItemEntry>& entry) {
    const ItemKey item = entry->model->key;
    auto& slots = larger.OwnBucket(item).slots;
    slots.insert(std::lower_bound(slots.begin(), slots.end(), item, Before), {item, entry});
  });
  larger.size_ = size_;
  larger.bytes_ = bytes_;
  *this = std::move(larger);
}

const ItemModel* ItemSnapshot::Find(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr ? nullptr : entry->model.get();
}

std::span<const PopularItem> ItemSnapshot::Popular(std::size_t half_life) const {
  return *popular_[half_life];
}

std::size_t ItemSnapshot::Bytes() const {
  std::size_t bytes = items_.Bytes();
  for (const Int8Matrix& vectors : vectors_) bytes += vectors.Bytes();
  if (net_ != nullptr) bytes += net_->chunks().size() * sizeof(NetChunk);
  return bytes;
}

const Factor* ItemSnapshot::Folded(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr || !entry->model->has_factor ? nullptr : &entry->folded;
}

}  // namespace freshet
