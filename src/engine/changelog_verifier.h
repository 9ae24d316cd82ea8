#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "freshet/record.h"
#include "freshet/result.h"
#include "state/progress_record.h"

namespace freshet {

/// A batch read back from a changelog, its progress record checked against its records.
struct VerifiedBatch {
  std::vector<Record> records;
  ProgressRecord progress;
  Offset next;  ///< offset after the progress record
};

/// Groups the records of one changelog partition into batches and refuses what does not fit: a batch counts
/// only with its progress record, and only if number and checksum of its records agree and its sequence
/// follows the last good one. Batches thinned by compaction (records missing where offsets have gaps) are
/// taken as they are: what compaction removed has a newer value further on.
class ChangelogVerifier final {
 public:
  /// `last`: progress record of the state that the records are applied to; absent: empty state.
  explicit ChangelogVerifier(std::optional<ProgressRecord> last) : last_(std::move(last)) {}
  /// Takes the next record in offset order; returns a batch when the record completes a good one.
  Result<std::optional<VerifiedBatch>> Add(Record record);
  /// Batches and stray records refused so far.
  std::uint64_t torn() const { return torn_; }

 private:
  bool Fits(const ProgressRecord& progress, Offset progress_offset);
  std::optional<ProgressRecord> last_;
  std::optional<Offset> previous_offset_;  ///< of the record before the open batch's first
  bool gap_ = false;                       ///< offsets are missing inside the open batch
  std::vector<Record> open_;
  std::uint64_t torn_ = 0;
};

}  // namespace freshet
