#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "freshet/log.h"

namespace freshet::simulated {

/// Who appends: 0 outside a transaction.
using ProducerId = std::int64_t;

/// What a fetch may still take. Shared by the partitions of one poll.
struct FetchBudget {
  std::size_t records = 0;
  std::size_t bytes = 0;
  bool taken = false;  ///< one record may exceed the bytes alone
};

/// One partition with Kafka's rules: open transactions, markers that take an offset, a last stable offset,
/// compaction that keeps offsets. In memory; costs of the operations are noted where they are not constant.
class PartitionLog final {
 public:
  Offset Append(const OutputRecord& record, Timestamp now, ProducerId producer);
  /// Appends the marker and decides the producer's open records; nothing when it has none.
  void EndTransaction(ProducerId producer, bool commit, Timestamp now);
  /// The same as an abort, but the first `visible` records become readable: a torn transaction.
  void TearTransaction(ProducerId producer, std::size_t visible, Timestamp now);
  std::size_t OpenRecords(ProducerId producer) const;
  /// Where the first torn transaction begins; absent: none is.
  std::optional<Offset> FirstTorn() const { return first_torn_; }

  Offset Low() const { return low_; }
  /// End of what may be read: high watermark, or last stable offset.
  Offset End(Isolation isolation) const;
  Offset OffsetForTime(Timestamp time) const;

  /// Appends readable records from `from` on to `into` and returns the offset to go on from: records and
  /// markers that are passed over count as read. Equal to End when the end was reached.
  Offset Fetch(Offset from, Isolation isolation, FetchBudget& budget, std::vector<Record>& into) const;

  /// Below `limit` (and the last stable offset): keeps the last value of each key, drops aborted records and
  /// markers, and tombstones appended before `tombstones_before`. Linear.
  void Compact(Offset limit, Timestamp tombstones_before);
  /// The first offset appended at or after `time`: nothing below it is younger.
  Offset FirstAppendedSince(Timestamp time) const;
  /// Drops the oldest records while their own time is before `oldest`, never an open one.
  void Retain(Timestamp oldest);
  void DeleteBefore(Offset low);  ///< raises the start of the log
  void Truncate(Offset high);     ///< loses the end, as after an unclean leader election

 private:
  enum class Kind : std::uint8_t { kOpen, kCommitted, kAborted, kMarker };
  struct Entry {
    Offset offset;
    Timestamp timestamp;
    Timestamp appended;
    ProducerId producer = 0;
    Kind kind = Kind::kCommitted;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<Header> headers;
    std::size_t Bytes() const { return (key ? key->size() : 0) + (value ? value->size() : 0); }
  };
  using Entries = std::vector<Entry>;
  Entries::const_iterator At(Offset offset) const;  ///< first entry at or after
  void Decide(ProducerId producer, std::size_t visible, Timestamp now);

  Entries entries_;  // by offset, with holes
  Offset low_;
  Offset next_;
  std::map<ProducerId, Offset> open_;  // first offset of each open transaction
  std::optional<Offset> first_torn_;
};

}  // namespace freshet::simulated
