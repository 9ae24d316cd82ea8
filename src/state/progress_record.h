#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// Input records [from, next) of one input topic that a batch consumed.
struct InputRange {
  Offset from;
  Offset next;
  bool operator==(const InputRange&) const = default;
};

/// How far one partition of a shared view had been folded when a batch read it.
struct ViewPin {
  Partition partition;
  Offset next;
  bool operator==(const ViewPin&) const = default;
};

/// Outcomes of input records. accepted + duplicate + rejected = records consumed.
struct OutcomeCounts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t rejected = 0;
  bool operator==(const OutcomeCounts&) const = default;
};

/// The last record of every batch in a task's changelog, under kProgressKey. It makes the batch verifiable
/// (sequence, count, checksum) and repeatable (ranges, pins).
struct ProgressRecord {
  std::string app_version;
  std::uint64_t epoch = 0;         ///< rises with every acquisition of the task
  std::uint64_t seq = 0;           ///< rises by one with every batch of the task
  std::vector<InputRange> inputs;  ///< by index into Operator::Inputs
  std::vector<ViewPin> pins;       ///< of the item model
  std::string view_version;        ///< ItemView::Version of the pinned view; empty: none
  Timestamp watermark;             ///< largest event time seen by the task
  Timestamp batch_time;            ///< wall clock of the writer when it closed the batch; information only
  OutcomeCounts batch;             ///< of this batch
  OutcomeCounts total;             ///< of all batches, this one included
  std::uint64_t changelog_records = 0;  ///< of this batch, the progress record excluded
  std::uint32_t changelog_crc = 0;      ///< BatchChecksum over them

  bool operator==(const ProgressRecord&) const = default;

  std::string Encode() const;
  /// kCorrupt: not what Encode wrote; kUnsupported: written by a newer version, says which.
  static Result<ProgressRecord> Decode(std::string_view bytes);
};

/// CRC-32C over the keys and values of a batch's changelog records in their order, lengths included, so that
/// a lost, added, moved or changed record changes it.
class BatchChecksum final {
 public:
  /// Absent value: a tombstone.
  void Add(std::string_view key, std::optional<std::string_view> value);
  std::uint64_t Count() const { return count_; }
  std::uint32_t Value() const { return crc_; }
  void Reset() { *this = {}; }

 private:
  std::uint64_t count_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace freshet
