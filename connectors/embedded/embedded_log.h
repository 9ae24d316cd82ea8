#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "freshet/log.h"

namespace freshet {

class StorageMemory;

namespace embedded {
class Groups;
class Maintenance;
class TopicStore;
}  // namespace embedded

/// When a commit survives a power cut. It survives the end of the process, kill -9 too, with each of them.
enum class SyncPolicy { kNever, kCommit, kInterval };

struct EmbeddedOptions {
  SyncPolicy sync = SyncPolicy::kInterval;
  std::chrono::milliseconds sync_interval{200};   ///< what a power cut may cost, with kInterval
  std::shared_ptr<StorageMemory> memory;          ///< null: a small one of its own
  const Clock* clock = &SystemClock();            ///< of records without a time, and of retention
  std::int64_t message_bytes_max = 8 << 20;       ///< key + value; a topic may set less
  std::size_t chunk_bytes_max = 256 << 10;        ///< one chunk is read and checked as a whole
  std::size_t transaction_bytes_max = 256 << 20;  ///< an open transaction is held in memory
  std::size_t tail_bytes_max = 64 << 20;          ///< newest chunks kept in memory, over all partitions
  std::chrono::milliseconds maintenance_interval{5'000};  ///< 0: only when Maintain is called
  std::size_t maintenance_bytes_max = 32 << 20;           ///< read by one call of Maintain
  std::size_t compaction_keys_bytes_max = 64 << 20;       ///< keys remembered by one compaction pass
};

/// A durable log in one directory, for one process: topics in RocksDB, a transaction is one write batch.
///
/// An open transaction lives in its writer's memory, so nothing uncommitted is ever stored, both isolation
/// levels see the same and the last stable offset is the high watermark. Transactions never time out.
/// Commits are serialised; a commit wakes the readers of its partitions, who read the newest chunks from
/// memory. Settings honoured, by Kafka's names: retention.bytes, delete.retention.ms, min.compaction.lag.ms,
/// min.cleanable.dirty.ratio. A compacted topic takes records with a key only.
///
/// Keys of the database; numbers in keys are big-endian, so that a partition's chunks lie in offset order:
///   'F'                                         -> format:u8 cluster id
///   'N'                                         -> next topic id:u32
///   'T' topic name                              -> topic (catalogue.h)
///   'P' topic id:u32 partition:u32              -> watermarks and sizes (catalogue.h)
///   'C' topic id:u32 partition:u32 offset:u64   -> chunk (chunk.h), offset of its first record
///   'E' transactional id                        -> epoch:u64
///   'G' topic id:u32                            -> a deleted topic whose chunks are still to be removed
///
/// Thread-safe. Owned by the process's wiring; destroyed after all readers, writers and memberships.
class EmbeddedLog final : public Log {
 public:
  /// kAlreadyExists: another process has the directory. kUnsupported: written by a newer Freshet, or not a
  /// log.
  static Result<std::unique_ptr<EmbeddedLog>> Open(const std::string& path, const EmbeddedOptions& options);
  /// For tools beside the process that owns the log: follows its commits within some 20 ms. Appending,
  /// creating, deleting and joining answer kUnsupported. kNotFound: no log at `path`.
  static Result<std::unique_ptr<EmbeddedLog>> OpenReadOnly(const std::string& path);
  ~EmbeddedLog() override;

  Result<std::string> ClusterId() override;
  Result<TopicDescription> Describe(const std::string& topic) override;
  Result<std::vector<TopicDescription>> List() override;
  Result<void> Create(const TopicSpec& spec) override;
  Result<void> Delete(const std::string& topic) override;
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override;
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override;
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override;
  /// Members of one group inside this process share the partitions; AdviseOffsets has no reader here.
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override;
  std::int64_t MessageBytesMax() const override;
  std::uint64_t MemoryBytes() const override;

  /// One bounded step of retention, compaction and removal of deleted topics; true when work is left. The
  /// log's own thread calls it every maintenance_interval.
  Result<bool> Maintain(Timestamp now);
  /// On disk, with files that are about to be removed.
  std::uint64_t DiskBytes() const;

 private:
  explicit EmbeddedLog(std::unique_ptr<embedded::TopicStore> store);
  std::unique_ptr<embedded::TopicStore> store_;
  std::shared_ptr<embedded::Groups> groups_;
  std::unique_ptr<embedded::Maintenance> maintenance_;  // its thread uses the store: stops first
};

}  // namespace freshet
