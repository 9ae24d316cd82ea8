#include "engine/changelog_verifier.h"

#include <algorithm>
#include <span>

#include "state/keys.h"

namespace freshet {
namespace {

std::uint32_t ChecksumOf(std::span<const Record> records) {
  BatchChecksum checksum;
  for (const Record& record : records) checksum.Add(record.key.value_or(""), record.value);
  return checksum.Value();
}

}  // namespace

Result<std::optional<VerifiedBatch>> ChangelogVerifier::Add(Record record) {
  const std::int64_t missing = record.offset.value - next_.value;
  (open_.empty() ? missing_before_ : missing_inside_) += missing;
  next_ = {record.offset.value + 1};
  if (record.key != kProgressKey) {
    open_.push_back(std::move(record));
    return std::optional<VerifiedBatch>();
  }
  FRESHET_TRY(ProgressRecord progress, ProgressRecord::Decode(record.value.value_or("")));
  refused_ = !Fits(progress);
  std::vector<Record> records = std::move(open_);
  open_.clear();
  missing_before_ = 0;
  missing_inside_ = 0;
  if (refused_) {
    ++refusals_;
    return std::optional<VerifiedBatch>();
  }
  last_ = progress;
  return std::optional(VerifiedBatch{std::move(records), std::move(progress), next_});
}

void ChangelogVerifier::DropStrays(const ProgressRecord& progress) {
  const std::size_t due = progress.changelog_records;
  const bool follows = progress.seq == (last_ ? last_->seq : 0) + 1;
  if (!follows || open_.size() <= due) return;
  if (ChecksumOf(std::span(open_).last(due)) != progress.changelog_crc) return;
  open_.erase(open_.begin(), open_.end() - static_cast<std::ptrdiff_t>(due));
  ++unfinished_;
}

bool ChangelogVerifier::Fits(const ProgressRecord& progress) {
  DropStrays(progress);
  const auto due = static_cast<std::int64_t>(progress.changelog_records);
  if (missing_inside_ == 0) {
    // Offsets in a row up to the progress record: the last of them are the batch, unthinned. What stands
    // before them was left by a transaction that was never whole.
    if (static_cast<std::int64_t>(open_.size()) > due) {
      open_.erase(open_.begin(), open_.end() - static_cast<std::ptrdiff_t>(due));
      ++unfinished_;
    }
    if (static_cast<std::int64_t>(open_.size()) == due && ChecksumOf(open_) != progress.changelog_crc)
      return false;
  }
  // Compaction keeps one progress record of many, so that more records than the last batch's may stand before
  // it. What is missing must have had an offset: one for each record, one for each batch's progress record.
  std::int64_t lost = std::max<std::int64_t>(0, due - static_cast<std::int64_t>(open_.size()));
  if (last_) {
    if (progress.epoch < last_->epoch || progress.seq <= last_->seq) return false;
    const auto skipped = static_cast<std::int64_t>(progress.seq - last_->seq - 1);
    if (skipped > 0 && refused_) return false;
    lost += skipped;
  }
  return lost <= missing_before_ + missing_inside_;
}

}  // namespace freshet
