#include "state/restore_load.h"

#include <algorithm>

#include "base/assert.h"
#include "state/keys.h"
#include "state/task_store.h"

namespace freshet {

namespace {

constexpr std::size_t kEntryOverhead = 96;       // two strings, bucket, heap headers
constexpr std::size_t kWriteBytesMax = 4 << 20;  // of one ordinary write: a fraction of a memtable

}  // namespace

RestoreLoad::RestoreLoad(TaskStore& store, std::size_t bytes_max) : store_(store), bytes_max_(bytes_max) {
  FRESHET_ASSERT(!store.LastCommit());
}

Result<void> RestoreLoad::Add(std::string_view key, std::optional<std::string_view> value) {
  FRESHET_ASSERT(!IsReservedKey(key));
  auto found = last_values_.find(key);
  if (found == last_values_.end()) {
    found = last_values_.try_emplace(std::string(key)).first;
    bytes_ += key.size() + kEntryOverhead;
  } else if (found->second) {
    bytes_ -= found->second->size();
  }
  if (value) {
    found.value().emplace(*value);
    bytes_ += value->size();
  } else {
    found.value().reset();
  }
  if (bytes_ > bytes_max_) return Spill();
  return {};
}

Result<void> RestoreLoad::Finish(const CommitPoint& point) {
  FRESHET_CHECK(Spill());
  return store_.Write(WriteSet(), &point);
}

RestoreLoad::Sorted RestoreLoad::TakeSorted() {
  Sorted sorted;
  sorted.reserve(last_values_.size());
  for (auto entry = last_values_.begin(); entry != last_values_.end(); ++entry) {
    sorted.emplace_back(entry.key(), std::move(entry.value()));
  }
  last_values_.clear();
  bytes_ = 0;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

Result<void> RestoreLoad::Spill() {
  Sorted sorted = TakeSorted();
  store_.memory_.Clear();
  // Ingesting beside existing keys may misorder level 0 in RocksDB 7.8: only into an empty database.
  if (!std::exchange(empty_, false)) return WriteOrdinarily(sorted);
  std::vector<std::pair<std::string, std::string>> present;
  for (auto& [key, value] : sorted) {
    if (value) present.emplace_back(std::move(key), std::move(*value));
  }
  if (present.empty()) {
    empty_ = true;
    return {};
  }
  return store_.database_->Ingest(present);
}

Result<void> RestoreLoad::WriteOrdinarily(const Sorted& entries) {
  WriteSet writes;
  for (const auto& [key, value] : entries) {
    if (value) {
      writes.Put(key, *value);
    } else {
      writes.Delete(key);
    }
    if (writes.Bytes() < kWriteBytesMax) continue;
    FRESHET_CHECK(store_.Write(std::move(writes), nullptr));
    writes = WriteSet();
  }
  return store_.Write(std::move(writes), nullptr);
}

}  // namespace freshet
