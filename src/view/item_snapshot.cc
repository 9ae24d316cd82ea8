#include "view/item_snapshot.h"

#include <algorithm>

#include "base/hash.h"

namespace freshet {
namespace {

bool KeyLess(const std::shared_ptr<const ItemEntry>& entry, ItemKey item) { return entry->model.key < item; }

}  // namespace

ItemTable::ItemTable() : chunks_(1) {}

ItemTable::Place ItemTable::PlaceOf(ItemKey item) const {
  const std::uint64_t mixed = MixBits(item.value);
  return {(mixed / kBucketsPerChunk) & (chunks_.size() - 1), mixed % kBucketsPerChunk};
}

const ItemEntry* ItemTable::Find(ItemKey item) const {
  const Place place = PlaceOf(item);
  const auto& chunk = chunks_[place.chunk];
  if (chunk == nullptr) return nullptr;
  const auto& bucket = (*chunk)[place.bucket];
  if (bucket == nullptr) return nullptr;
  for (const auto& entry : *bucket) {
    if (entry->model.key == item) return entry.get();
  }
  return nullptr;
}

std::shared_ptr<const ItemEntry> ItemTable::FindEntry(ItemKey item) const {
  const Place place = PlaceOf(item);
  const auto& chunk = chunks_[place.chunk];
  if (chunk == nullptr || (*chunk)[place.bucket] == nullptr) return nullptr;
  for (const auto& entry : *(*chunk)[place.bucket]) {
    if (entry->model.key == item) return entry;
  }
  return nullptr;
}

void ItemTable::Put(std::shared_ptr<const ItemEntry> entry) {
  if (size_ >= chunks_.size() * kBucketsPerChunk * kEntriesPerBucketGoal) Grow();
  const ItemKey item = entry->model.key;
  const Place place = PlaceOf(item);
  auto chunk =
      chunks_[place.chunk] ? std::make_shared<Chunk>(*chunks_[place.chunk]) : std::make_shared<Chunk>();
  auto& slot = (*chunk)[place.bucket];
  auto bucket = slot ? std::make_shared<Bucket>(*slot) : std::make_shared<Bucket>();
  const auto at = std::lower_bound(bucket->begin(), bucket->end(), item, KeyLess);
  if (at != bucket->end() && (*at)->model.key == item) {
    *at = std::move(entry);
  } else {
    bucket->insert(at, std::move(entry));
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
  bucket->erase(std::lower_bound(bucket->begin(), bucket->end(), item, KeyLess));
  (*chunk)[place.bucket] = std::move(bucket);
  chunks_[place.chunk] = std::move(chunk);
  --size_;
}

void ItemTable::Grow() {
  ItemTable larger;
  larger.chunks_.resize(chunks_.size() * 2);
  std::vector<std::shared_ptr<Chunk>> chunks(larger.chunks_.size());
  ForEach([&](const std::shared_ptr<const ItemEntry>& entry) {
    const Place place = larger.PlaceOf(entry->model.key);
    if (chunks[place.chunk] == nullptr) chunks[place.chunk] = std::make_shared<Chunk>();
    auto& slot = (*chunks[place.chunk])[place.bucket];
    auto bucket = slot ? std::make_shared<Bucket>(*slot) : std::make_shared<Bucket>();
    bucket->insert(std::lower_bound(bucket->begin(), bucket->end(), entry->model.key, KeyLess), entry);
    slot = std::move(bucket);
  });
  std::copy(chunks.begin(), chunks.end(), larger.chunks_.begin());
  larger.size_ = size_;
  *this = std::move(larger);
}

const ItemModel* ItemSnapshot::Find(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr ? nullptr : &entry->model;
}

std::span<const PopularItem> ItemSnapshot::Popular(std::size_t half_life) const {
  return *popular_[half_life];
}

const Factor* ItemSnapshot::Folded(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr || !entry->model.has_factor ? nullptr : &entry->folded;
}

}  // namespace freshet
