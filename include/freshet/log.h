#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "freshet/ids.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

enum class Isolation { kReadCommitted, kReadUncommitted };

enum class Cleanup { kDelete, kCompact, kCompactAndDelete };

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  Cleanup cleanup = Cleanup::kDelete;
  std::optional<std::chrono::milliseconds> retention;  ///< absent: kept for ever
  std::optional<std::int64_t> message_bytes_max;
  std::map<std::string, std::string> settings;  ///< passed through to the log, by the log's own names
};

struct TopicDescription {
  std::string name;
  std::int32_t partitions = 0;
  std::string id;  ///< changes when a topic is deleted and created again, where the log can tell; else empty
  std::map<std::string, std::string> settings;
};

/// `low`: first offset still there. `high`: offset of the next record to be appended. Asked with
/// kReadCommitted, `high` is the last stable offset: everything below it is decided.
struct Watermarks {
  Offset low;
  Offset high;
};

/// Where to start reading one partition.
struct Position {
  TopicPartition from;
  Offset next;
};

struct PollLimits {
  std::size_t records_max = 10'000;
  std::size_t bytes_max = 8 << 20;  ///< of keys and values; one record may exceed it alone
};

struct EndOfPartition {
  std::uint32_t source = 0;
  Offset next;  ///< reading has reached this offset and found no more (control records are passed over)
};

struct PollResult {
  std::vector<Record> records;       ///< of one partition in offset order; partitions may interleave
  std::vector<EndOfPartition> ends;  ///< partitions read to their end, once each time the end is reached
};

/// Reads chosen partitions from chosen offsets. Used by one thread. Belongs to no group.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Replaces the assignment. Records refer to positions by their index here. kOutOfRange is reported by
  /// Poll when a position lies outside the log, kNotFound when a partition does not exist.
  virtual Result<void> Assign(std::vector<Position> positions) = 0;
  /// Waits at most `timeout` for the first record or end of partition, then takes what is there within
  /// `limits` without waiting further. An empty result means that nothing came.
  virtual Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) = 0;
};

struct ReaderOptions {
  Isolation isolation = Isolation::kReadCommitted;
  std::chrono::milliseconds fetch_wait_max{50};  ///< also the delay of an end of partition on Kafka
  std::size_t buffer_bytes_max = 64 << 20;
};

/// What a commit wrote: the offset of the last record appended to each partition.
struct CommitReceipt {
  std::map<TopicPartition, Offset> last_offsets;
};

/// Appends records, in transactions when it has a transactional id. Used by one thread at a time.
///
/// Order of calls: Initialise once; then Begin, Append*, Commit or Abort, again and again. Errors:
/// - kUnavailable / kTimeout: call the same function again;
/// - kAborted: call Abort, then run the same batch again;
/// - kFenced: this writer is dead; destroy it, open another and Initialise it if the task is still owned.
class Writer {
 public:
  virtual ~Writer() = default;
  /// With a transactional id: fences every earlier writer with the same id and ends its open transaction.
  /// When it returned, no record of theirs can become committed any more.
  virtual Result<void> Initialise() = 0;
  virtual Result<void> Begin() = 0;
  /// kInvalidArgument: the record can never be appended (too long, unknown topic). Changes nothing.
  virtual Result<void> Check(const OutputRecord& record) = 0;
  /// Refuses what Check refuses; the transaction stays usable and holds the records before it.
  virtual Result<void> Append(OutputRecord record) = 0;
  virtual Result<CommitReceipt> Commit() = 0;
  virtual Result<void> Abort() = 0;
};

struct WriterOptions {
  std::optional<std::string> transactional_id;  ///< absent: no transactions; Commit waits for delivery
  std::chrono::milliseconds transaction_timeout{15'000};
  std::vector<std::string> topics;  ///< topics that will be written, so that their metadata is warm
};

/// A process's membership of a group that shares partitions. Used by one thread, which polls it often.
class Membership {
 public:
  virtual ~Membership() = default;
  /// The partitions this process owns from now on, when that changed; nullopt when it did not within
  /// `timeout`. Equal partition numbers of all lead topics go to the same member. An empty list: none owned.
  virtual Result<std::optional<std::vector<TopicPartition>>> Poll(std::chrono::milliseconds timeout) = 0;
  /// Publishes progress for people and tools that look at group lag. Never read back by Freshet.
  virtual Result<void> AdviseOffsets(const std::vector<Position>& next) = 0;
  /// Leaves the group, so that others take over at once.
  virtual Result<void> Leave() = 0;
};

struct GroupOptions {
  std::string group;
  std::string instance_id;  ///< static membership where not empty
  std::vector<std::string> lead_topics;
  std::chrono::milliseconds session_timeout{45'000};
};

/// The one interface to topics. Thread-safe; the objects it opens are not. Outlives what it opened.
class Log {
 public:
  virtual ~Log() = default;
  /// Identity of the cluster or of the log's directory, stored with state to recognise a foreign one.
  virtual Result<std::string> ClusterId() = 0;
  virtual Result<TopicDescription> Describe(const std::string& topic) = 0;
  virtual Result<std::vector<TopicDescription>> List() = 0;
  virtual Result<void> Create(const TopicSpec& spec) = 0;  ///< kAlreadyExists
  virtual Result<void> Delete(const std::string& topic) = 0;
  virtual Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) = 0;
  /// Offset of the first record whose timestamp is >= `time`; the high watermark when there is none.
  virtual Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) = 0;
  virtual Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) = 0;
  virtual Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) = 0;
  virtual Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) = 0;
  /// Records longer than this (key + value) are refused by Append. Bytes.
  virtual std::int64_t MessageBytesMax() const = 0;
  /// What is held in memory of records, bytes; 0 where the log cannot tell.
  virtual std::uint64_t MemoryBytes() const { return 0; }
};

}  // namespace freshet
