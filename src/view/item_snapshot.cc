#include "view/item_snapshot.h"

#include <algorithm>

#include "base/hash.h"

namespace freshet {
ItemTable::ItemTable() : chunks_(1) {}

ItemTable::Place ItemTable::PlaceOf(ItemKey item) const {
  const std::uint64_t mixed = MixBits(item.value);
  return {(mixed / kBucketsPerChunk) & (chunks_.size() - 1), mixed % kBucketsPerChunk};
}

const ItemTable::Slot* ItemTable::FindSlot(ItemKey item) const {
  const Place place = PlaceOf(item);
  const auto& chunk = chunks_[place.chunk];
  if (chunk == nullptr || (*chunk)[place.bucket] == nullptr) return nullptr;
  for (const Slot& slot : *(*chunk)[place.bucket]) {
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

void ItemTable::Put(std::shared_ptr<const ItemEntry> entry) {
  if (size_ >= chunks_.size() * kBucketsPerChunk * kEntriesPerBucketGoal) Grow();
  const ItemKey item = entry->model->key;
  const Place place = PlaceOf(item);
  auto chunk =
      chunks_[place.chunk] ? std::make_shared<Chunk>(*chunks_[place.chunk]) : std::make_shared<Chunk>();
  auto& slot = (*chunk)[place.bucket];
  auto bucket = slot ? std::make_shared<Bucket>(*slot) : std::make_shared<Bucket>();
  const auto at = std::lower_bound(bucket->begin(), bucket->end(), item, Before);
  if (at != bucket->end() && at->item == item) {
    at->entry = std::move(entry);
  } else {
    bucket->insert(at, {item, std::move(entry)});
    ++size_;
  }
  slot = std::move(bucket);
  chunks_[place.chunk] = std::move(chunk);
}

void ItemTable::Erase(ItemKey item) {
  if (Find(item) == nullptr) return;
  const Place place = PlaceOf(item);
  auto chunk = std::make_shared<Chunk>(*chunks_[place.chunk]);
  auto bucket = std::make_shared<Bucket>(*(*chunk)[place.bucket]);
  bucket->erase(std::lower_bound(bucket->begin(), bucket->end(), item, Before));
  (*chunk)[place.bucket] = std::move(bucket);
  chunks_[place.chunk] = std::move(chunk);
  --size_;
}

void ItemTable::Grow() {
  ItemTable larger;
  larger.chunks_.resize(chunks_.size() * 2);
  std::vector<std::shared_ptr<Chunk>> chunks(larger.chunks_.size());
  ForEach([&](const std::shared_ptr<const ItemEntry>& entry) {
    const Place place = larger.PlaceOf(entry->model->key);
    if (chunks[place.chunk] == nullptr) chunks[place.chunk] = std::make_shared<Chunk>();
    auto& slot = (*chunks[place.chunk])[place.bucket];
    auto bucket = slot ? std::make_shared<Bucket>(*slot) : std::make_shared<Bucket>();
    const ItemKey item = entry->model->key;
    bucket->insert(std::lower_bound(bucket->begin(), bucket->end(), item, Before), {item, entry});
    slot = std::move(bucket);
  });
  std::copy(chunks.begin(), chunks.end(), larger.chunks_.begin());
  larger.size_ = size_;
  *this = std::move(larger);
}

const ItemModel* ItemSnapshot::Find(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr ? nullptr : entry->model.get();
}

std::span<const PopularItem> ItemSnapshot::Popular(std::size_t half_life) const {
  return *popular_[half_life];
}

const Factor* ItemSnapshot::Folded(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr || !entry->model->has_factor ? nullptr : &entry->folded;
}

}  // namespace freshet
