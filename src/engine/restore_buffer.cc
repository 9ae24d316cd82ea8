#include "engine/restore_buffer.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"

namespace freshet {
namespace {

constexpr std::size_t kEntryBytes = 128;            // bucket, two strings, heap headers
constexpr std::size_t kPortionBytesMax = 32 << 20;  // one write: about a memtable
constexpr std::size_t kTailEntriesMax = 100'000;    // written through the log: some batches of a restart

}  // namespace

std::size_t RestoreBuffer::BytesMax() const {
  return empty_ && !loads_ ? std::max(options_.first_bytes_max, kPortionBytesMax) : kPortionBytesMax;
}

Result<void> RestoreBuffer::Add(Record record) {
  FRESHET_TRY(std::optional<VerifiedBatch> batch, verifier_.Add(std::move(record)));
  if (!batch) return {};
  for (Record& change : batch->records) {
    const auto [entry, added] = entries_.try_emplace(std::move(*change.key));
    if (added) {
      bytes_ += entry->first.size() + kEntryBytes;
    } else if (entry->second) {
      bytes_ -= entry->second->size();
    }
    bytes_ += change.value ? change.value->size() : 0;
    entry.value() = std::move(change.value);
  }
  last_ = std::move(batch->progress);
  point_ = {batch->next, last_->epoch, last_->seq, last_->Encode()};
  return bytes_ > BytesMax() ? Load() : Result<void>();
}

Result<void> RestoreBuffer::Finish() {
  if (!last_) return {};
  if (empty_ || loads_ || entries_.size() > kTailEntriesMax) {
    FRESHET_CHECK(Load());
    return store_.Flush();
  }
  FRESHET_CHECK(store_.ApplyRestored(Sorted(), point_));
  Failpoint("in-restore");
  return {};
}

Result<void> RestoreBuffer::Load() {
  FRESHET_CHECK(store_.LoadRestored(Sorted(), point_));
  Failpoint("in-restore");
  loads_ = true;
  entries_ = {};
  bytes_ = 0;
  return {};
}

std::vector<RestoredEntry> RestoreBuffer::Sorted() const {
  std::vector<RestoredEntry> sorted;
  sorted.reserve(entries_.size());
  for (const auto& [key, value] : entries_) {
    sorted.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const RestoredEntry& a, const RestoredEntry& b) { return a.key < b.key; });
  return sorted;
}

}  // namespace freshet
