#include "engine/restore_buffer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/failpoint.h"

namespace freshet {

Result<void> RestoreBuffer::Add(Record record) {
  FRESHET_TRY(std::optional<VerifiedBatch> batch, verifier_.Add(std::move(record)));
  if (!batch) return {};
  for (Record& change : batch->records) {
    bytes_ +=
        change.key->size() + (change.value ? change.value->size() : 0) + sizeof(std::optional<std::string>);
    entries_.insert_or_assign(std::move(*change.key), std::move(change.value));
  }
  last_ = std::move(batch->progress);
  point_ = {batch->next, last_->epoch, last_->seq, last_->Encode()};
  return bytes_ > kBytesMax ? Write() : Result<void>();
}

Result<void> RestoreBuffer::Finish() { return last_ ? Write() : Result<void>(); }

Result<void> RestoreBuffer::Write() {
  std::vector<RestoredEntry> sorted;
  sorted.reserve(entries_.size());
  for (const auto& [key, value] : entries_) {
    sorted.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const RestoredEntry& a, const RestoredEntry& b) { return a.key < b.key; });
  FRESHET_CHECK(store_.ApplyRestored(sorted, point_));
  Failpoint("in-restore");
  entries_.clear();
  bytes_ = 0;
  return {};
}

}  // namespace freshet
