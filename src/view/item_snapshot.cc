#include "view/item_snapshot.h"

namespace freshet {
namespace {

constexpr std::size_t kEntryOverheadBytes = 96;  // control blocks, heap headers, its place in a bucket

}  // namespace

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

const ItemModel* ItemSnapshot::Find(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr ? nullptr : entry->model.get();
}

std::span<const PopularItem> ItemSnapshot::Popular(std::size_t half_life) const {
  return *popular_[half_life];
}

std::size_t ItemSnapshot::Bytes() const {
  std::size_t bytes = items_.Bytes() + sessions_.Bytes();
  for (const Int8Matrix& vectors : vectors_) bytes += vectors.Bytes();
  if (net_ != nullptr) bytes += net_->chunks().size() * sizeof(NetChunk);
  return bytes;
}

const Factor* ItemSnapshot::Folded(ItemKey item) const {
  const ItemEntry* entry = items_.Find(item);
  return entry == nullptr || !entry->model->has_factor ? nullptr : &entry->folded;
}

}  // namespace freshet
