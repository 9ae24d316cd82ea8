#include "engine/changelog_verifier.h"

#include "state/keys.h"

namespace freshet {
namespace {

std::uint32_t ChecksumOf(const std::vector<Record>& records) {
  BatchChecksum checksum;
  for (const Record& record : records) checksum.Add(record.key.value_or(""), record.value);
  return checksum.Value();
}

}  // namespace

Result<std::optional<VerifiedBatch>> ChangelogVerifier::Add(Record record) {
  // One offset may be a transaction marker; more than that were removed by compaction.
  constexpr std::int64_t kMarker = 1;
  if (previous_offset_ && record.offset.value > previous_offset_->value + 1 + kMarker) gap_ = true;
  previous_offset_ = record.offset;
  if (record.key != kProgressKey) {
    open_.push_back(std::move(record));
    return std::optional<VerifiedBatch>();
  }
  FRESHET_TRY(ProgressRecord progress, ProgressRecord::Decode(record.value.value_or("")));
  const bool fits = Fits(progress, record.offset);
  std::vector<Record> records = std::move(open_);
  open_.clear();
  gap_ = false;
  if (!fits) {
    ++torn_;
    return std::optional<VerifiedBatch>();
  }
  last_ = progress;
  return std::optional(VerifiedBatch{std::move(records), std::move(progress), {record.offset.value + 1}});
}

bool ChangelogVerifier::Fits(const ProgressRecord& progress, Offset /*progress_offset*/) {
  if (open_.size() > progress.changelog_records) {
    // Records without a progress record in front: a transaction that was never whole.
    open_.erase(open_.begin(), open_.end() - static_cast<std::ptrdiff_t>(progress.changelog_records));
    ++torn_;
  }
  const bool whole = open_.size() == progress.changelog_records;
  if (whole ? ChecksumOf(open_) != progress.changelog_crc && !gap_ : !gap_) return false;
  if (!last_) return true;
  if (progress.epoch < last_->epoch) return false;
  return gap_ ? progress.seq > last_->seq : progress.seq == last_->seq + 1;
}

}  // namespace freshet
