#include "state/memory_table.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace freshet {

// One malloc block: this header, the key's bytes, the value's bytes.
struct MemoryTable::Entry {
  std::uint32_t key_bytes;
  std::uint32_t value_bytes : 30;
  std::uint32_t present : 1;
  std::uint32_t referenced : 1;

  char* Data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view Key() { return {Data(), key_bytes}; }
  std::string_view Value() { return {Data() + key_bytes, value_bytes}; }
};

namespace {

constexpr std::size_t kValueBytesMax = (1U << 30) - 1;
constexpr std::size_t kBucketBytes = 12;  // tsl's bucket: hash, distance, slot
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kSlotsKept = 256;
constexpr float kLoadMax = 0.8F;  // robin hood probing stays short up to here

// Blocks come in jemalloc's own sizes, four to each doubling, so that a value which changes its length a
// little stays in place.
std::size_t BlockBytes(std::size_t key_bytes, std::size_t value_bytes) {
  const std::size_t wanted = kHeaderBytes + key_bytes + value_bytes;
  const std::size_t granule = wanted <= 128 ? 16 : std::bit_floor(wanted - 1) / 4;
  return (wanted + granule - 1) / granule * granule;
}

}  // namespace

std::size_t MemoryTable::SlotHash::operator()(std::uint32_t slot) const {
  return Hash64(table->slots_[slot]->Key());
}

bool MemoryTable::SlotEqual::operator()(std::uint32_t slot, std::string_view key) const {
  return table->slots_[slot]->Key() == key;
}

MemoryTable::MemoryTable(std::size_t bytes_max)
    : bytes_max_(bytes_max), index_(0, SlotHash{this}, SlotEqual{this}) {
  static_assert(sizeof(Entry) == kHeaderBytes);
  index_.max_load_factor(kLoadMax);
}

MemoryTable::~MemoryTable() {
  for (Entry* entry : slots_) std::free(entry);
}

std::size_t MemoryTable::Bytes() const {
  return entry_bytes_ + slots_.capacity() * sizeof(Entry*) + free_slots_.capacity() * sizeof(std::uint32_t) +
         index_.bucket_count() * kBucketBytes;
}

Cached MemoryTable::Find(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return {};
  Entry* entry = slots_[*found];
  entry->referenced = 1;
  if (!entry->present) return {Known::kAbsent, {}};
  return {Known::kPresent, entry->Value()};
}

void MemoryTable::Remember(std::string_view key, std::optional<std::string_view> value) {
  const std::size_t size = BlockBytes(key.size(), value ? value->size() : 0);
  if (size > bytes_max_ || (value && value->size() > kValueBytesMax)) return Forget(key);
  const auto found = index_.find(key);
  if (found != index_.end()) {
    Replace(*found, value);
  } else {
    Insert(key, value);
  }
  EvictToBound();
}

void MemoryTable::Insert(std::string_view key, std::optional<std::string_view> value) {
  const std::size_t value_bytes = value ? value->size() : 0;
  const std::size_t size = BlockBytes(key.size(), value_bytes);
  void* block = std::malloc(size);
  FRESHET_ASSERT(block != nullptr);
  auto* entry = new (block) Entry{static_cast<std::uint32_t>(key.size()),
                                  static_cast<std::uint32_t>(value_bytes), value.has_value(), 0};
  if (!key.empty()) std::memcpy(entry->Data(), key.data(), key.size());
  if (value_bytes > 0) std::memcpy(entry->Data() + key.size(), value->data(), value_bytes);
  entry_bytes_ += size;
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    // A quarter more at a time instead of double: the slots are part of the bound.
    if (slots_.size() == slots_.capacity()) slots_.reserve(slots_.size() + slots_.size() / 4 + 16);
    slots_.push_back(entry);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[slot] = entry;
  }
  index_.insert(slot);
}

void MemoryTable::Replace(std::uint32_t slot, std::optional<std::string_view> value) {
  Entry* entry = slots_[slot];
  const std::size_t value_bytes = value ? value->size() : 0;
  const std::size_t before = BlockBytes(entry->key_bytes, entry->value_bytes);
  const std::size_t after = BlockBytes(entry->key_bytes, value_bytes);
  if (before != after) {
    // The caller's view may point into this very block: copy before it goes.
    void* block = std::malloc(after);
    FRESHET_ASSERT(block != nullptr);
    auto* moved = new (block) Entry(*entry);
    std::memcpy(moved->Data(), entry->Data(), entry->key_bytes);
    if (value_bytes > 0) std::memcpy(moved->Data() + entry->key_bytes, value->data(), value_bytes);
    std::free(entry);
    slots_[slot] = entry = moved;
    entry_bytes_ += after;
    entry_bytes_ -= before;
  } else if (value_bytes > 0) {
    std::memmove(entry->Data() + entry->key_bytes, value->data(), value_bytes);
  }
  entry->value_bytes = static_cast<std::uint32_t>(value_bytes) & kValueBytesMax;
  entry->present = value.has_value();
  entry->referenced = 1;
}

void MemoryTable::Forget(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return;
  const std::uint32_t slot = *found;
  index_.erase(found);
  FreeSlot(slot);
}

void MemoryTable::FreeSlot(std::uint32_t slot) {
  Entry* entry = slots_[slot];
  entry_bytes_ -= BlockBytes(entry->key_bytes, entry->value_bytes);
  std::free(entry);
  slots_[slot] = nullptr;
  free_slots_.push_back(slot);
}

void MemoryTable::EvictToBound() {
  while (Bytes() > bytes_max_ && !index_.empty()) EvictOne();
}

void MemoryTable::SetBound(std::size_t bytes_max) {
  bytes_max_ = bytes_max;
  EvictToBound();
  // Slots and buckets never shrink by themselves: made for many times as many entries, they would fill the
  // bound, and each eviction would search them for the few that are left.
  if (slots_.size() < kSlotsKept || index_.size() >= slots_.size() / 4) return;
  Rebuild();
}

void MemoryTable::Rebuild() {
  std::erase(slots_, nullptr);
  slots_.shrink_to_fit();
  free_slots_ = {};
  hand_ = 0;
  index_ = Index(0, SlotHash{this}, SlotEqual{this});
  index_.max_load_factor(kLoadMax);
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) index_.insert(slot);
}

void MemoryTable::EvictOne() {
  while (true) {
    if (hand_ >= slots_.size()) hand_ = 0;
    const auto slot = static_cast<std::uint32_t>(hand_++);
    Entry* entry = slots_[slot];
    if (entry == nullptr) continue;
    if (entry->referenced) {
      entry->referenced = 0;
      continue;
    }
    index_.erase(entry->Key());
    FreeSlot(slot);
    ++evictions_;
    return;
  }
}

void MemoryTable::Clear() {
  for (Entry* entry : slots_) std::free(entry);
  slots_.clear();
  free_slots_.clear();
  index_.clear();
  entry_bytes_ = 0;
  hand_ = 0;
}

}  // namespace freshet
