#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/embedded/catalogue.h"
#include "connectors/embedded/embedded_log.h"
#include "storage/database.h"

namespace freshet::embedded {

using ChunkBytes = std::shared_ptr<const std::string>;

struct TailChunk {
  std::int64_t base = 0;
  std::int64_t next = 0;  ///< offset behind its last record
  ChunkBytes bytes;
};

/// One per reader: commits to its partitions set `signalled` and wake it. Guarded by the store's mutex.
struct Waiter {
  std::condition_variable wake;
  bool signalled = false;
};

/// One partition of a topic. `topic` and `number` never change; the rest belongs to the store.
struct PartitionLog {
  std::shared_ptr<const Topic> topic;
  std::int32_t number = 0;
  std::atomic<bool> deleted{false};
  PartitionMarks marks;
  std::deque<TailChunk> tail;  ///< the newest chunks, without a gap up to marks.high
  std::vector<Waiter*> waiters;
};
using PartitionHandle = std::shared_ptr<PartitionLog>;

struct PendingChunk {
  std::int64_t records = 0;
  ChunkBytes bytes;
};

/// What one transaction appends to one partition.
struct PendingPartition {
  PartitionHandle to;
  std::vector<PendingChunk> chunks;
};

/// A transactional writer's claim: void as soon as `current` is above `mine`.
struct ProducerEpoch {
  std::shared_ptr<const std::atomic<std::uint64_t>> current;
  std::uint64_t mine = 0;
  bool Fenced() const { return current && current->load(std::memory_order_acquire) != mine; }
};

/// Where the record at an offset is to be had.
struct Lookup {
  enum class Place { kTail, kDisk, kEnd, kBelow, kAbove, kGone };
  Place place = Place::kEnd;
  TailChunk chunk;  ///< with kTail
  PartitionMarks marks;
};

/// What maintenance changes in one partition, with the chunk puts and deletes that belong to it.
struct PartitionChange {
  WriteSet chunks;
  std::int64_t bytes_added = 0;  ///< may be negative
  std::optional<std::int64_t> low;
  std::optional<std::int64_t> cleaned_to;
  std::optional<std::int64_t> clean_bytes;
};

/// Topics, partitions, epochs and chunks over one database. Thread-safe.
///
/// Two locks, always in this order: commit_mutex_ makes writers take turns and covers the database write;
/// mutex_ guards what is in memory and is never held over the disk.
class TopicStore final {
 public:
  static Result<std::unique_ptr<TopicStore>> Open(const std::string& path, const EmbeddedOptions& options);
  static Result<std::unique_ptr<TopicStore>> OpenReadOnly(const std::string& path);

  const EmbeddedOptions& options() const { return options_; }
  bool read_only() const { return read_only_; }
  const std::string& cluster_id() const { return cluster_id_; }
  Database& database() { return *database_; }
  Result<void> CheckWritable() const;  ///< kUnsupported when read-only

  Result<void> Create(const TopicSpec& spec);
  Result<void> Delete(const std::string& name);
  Result<std::shared_ptr<const Topic>> FindTopic(const std::string& name);
  std::vector<std::shared_ptr<const Topic>> Topics();
  /// kNotFound: no such topic or partition.
  Result<PartitionHandle> Find(const TopicPartition& of);
  std::vector<PartitionHandle> Partitions();
  PartitionMarks MarksOf(const PartitionLog& partition);

  /// Fences every earlier claim to `transactional_id`.
  Result<ProducerEpoch> BumpEpoch(const std::string& transactional_id);
  /// Makes the chunks durable and visible together. The offsets of the last records, in the given order.
  Result<std::vector<Offset>> Commit(std::vector<PendingPartition> pending, const ProducerEpoch& epoch);

  Lookup Find(PartitionLog& partition, std::int64_t offset);
  /// Of the newest chunks, which are in memory.
  std::size_t TailBytes() const;
  void Watch(PartitionLog& partition, Waiter& waiter);
  void Unwatch(PartitionLog& partition, Waiter& waiter);
  /// Until a watched partition changes or `deadline`; follows the writing process when read-only.
  Result<void> Wait(Waiter& waiter, std::chrono::steady_clock::time_point deadline);
  /// Read-only: takes in what the writing process has committed. Else nothing.
  Result<void> Refresh();

  /// For memberships: `check` runs under the lock at once and after every change of topics or groups until
  /// it returns true or the deadline passes.
  bool WaitForCatalogue(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& check);
  void CatalogueChanged(const std::function<void()>& change);
  /// Under the lock of WaitForCatalogue: partitions of a topic, 0 when there is none.
  std::int32_t PartitionCountLocked(const std::string& topic) const;

  /// Writes a maintenance change unless the topic was deleted meanwhile (then false).
  Result<bool> Apply(PartitionLog& partition, PartitionChange change);
  Result<void> Write(WriteSet set);
  Result<void> SyncIfDirty();

 private:
  struct TopicState {
    std::shared_ptr<const Topic> topic;
    std::vector<PartitionHandle> partitions;
  };
  TopicStore(std::unique_ptr<Database> database, const EmbeddedOptions& options, bool read_only);
  Result<void> CheckFormat(const std::string& path);
  Result<void> Load();
  Result<TopicState> LoadTopic(std::shared_ptr<const Topic> topic);
  void Adopt(std::map<std::string, TopicState> loaded);
  Result<std::uint32_t> NextTopicId();
  bool SyncEachCommit() const { return options_.sync == SyncPolicy::kCommit; }
  WriteSet MakeWriteSet(const std::vector<PendingPartition>& pending) const;
  std::vector<Offset> Publish(std::vector<PendingPartition> pending);
  void AddToTail(const PartitionHandle& partition, PendingChunk chunk);
  void DropTail(PartitionLog& partition, std::int64_t below);
  static void Wake(PartitionLog& partition);

  const EmbeddedOptions options_;
  const bool read_only_;
  std::unique_ptr<Database> database_;
  std::string cluster_id_;

  std::mutex commit_mutex_;
  std::map<std::string, std::shared_ptr<std::atomic<std::uint64_t>>> epochs_;  // guarded by commit_mutex_
  std::atomic<bool> unsynced_{false};

  mutable std::mutex mutex_;
  std::map<std::string, TopicState> topics_;
  std::deque<PartitionHandle> tail_order_;  // one entry a tail chunk, oldest first
  std::size_t tail_bytes_ = 0;
  std::condition_variable catalogue_changed_;
  std::mutex refresh_mutex_;
};

}  // namespace freshet::embedded
