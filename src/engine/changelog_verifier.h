#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
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
/// only with its progress record, whose sequence follows the last good one and whose number and checksum
/// agree with the records in front of it.
///
/// Compaction takes records away and leaves gaps in the offsets, and of progress records it keeps the newest
/// alone. So a batch may be thinned (fewer records than it says within its own offsets) and sequences may
/// jump; the records in front of a jump are what is left of the batches between. Both are taken as they are:
/// what compaction removed has a newer value further on. Where nothing was compacted, records in front of a
/// batch are the visible part of a torn transaction and are left out.
class ChangelogVerifier final {
 public:
  /// `last`: progress record of the state that the records are applied to; absent: empty state.
  /// `start`: the offset that reading begins at, so that records missing there are noticed.
  ChangelogVerifier(std::optional<ProgressRecord> last, Offset start)
      : last_(std::move(last)), next_(start) {}
  /// Takes the next record in offset order; returns a batch when the record completes a good one.
  Result<std::optional<VerifiedBatch>> Add(Record record);
  /// Batches refused so far.
  std::uint64_t refused() const { return refusals_; }
  /// Unfinished batches left out so far. Without transactions a kill may leave one.
  std::uint64_t unfinished() const { return unfinished_; }

 private:
  /// A batch that follows directly on the last and is whole owns nothing in front of it: no batch is missing
  /// there, so it is the visible part of a torn transaction, whose other records left a gap in the offsets.
  void DropStrays(const ProgressRecord& progress);
  bool Fits(const ProgressRecord& progress);
  std::optional<ProgressRecord> last_;
  Offset next_;                      ///< after the last record added
  std::int64_t missing_before_ = 0;  ///< offsets without a record in front of the open batch, markers too
  std::int64_t missing_inside_ = 0;  ///< and inside it: a batch has no markers, so compaction took them
  bool refused_ = false;             ///< the last batch was: what follows it has a hole under it
  std::vector<Record> open_;
  std::uint64_t refusals_ = 0;
  std::uint64_t unfinished_ = 0;
};

}  // namespace freshet
