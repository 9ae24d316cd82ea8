#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "freshet/result.h"
#include "state/commit_point.h"
#include "state/committed_state.h"
#include "state/memory_table.h"
#include "state/overlay.h"
#include "state/state_directory.h"
#include "storage/database.h"

namespace freshet {

struct TaskStoreOptions {
  std::string path;  ///< the task's own directory
  StateIdentity identity;
  std::size_t memory_bytes_max = 64 << 20;  ///< of the table of committed values in front of the database
  bool sync_commits = false;  ///< each commit survives a power cut; without it the changelog does
  DatabaseOptions database;
};

/// A key with its last value; absent: deleted.
struct RestoredEntry {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// Committed state of one task: a bounded table in memory, RocksDB behind it. Owned by the task and used by
/// its one thread. Reads that miss the memory and all writes block on the disk (microseconds to
/// milliseconds). A batch and its commit point are written in one write; a crash leaves both or neither.
/// After a failed write every further call returns that error: destroy the store and open it again.
class TaskStore final : public CommittedState {
 public:
  /// kAlreadyExists: another process has the directory; kUnsupported: it has a newer format;
  /// kInvalidArgument: it is another task's, cluster's or topic's; kCorrupt, kIo: set it aside and restore.
  static Result<std::unique_ptr<TaskStore>> Open(const TaskStoreOptions& options);

  Result<std::optional<std::string_view>> Read(std::string_view key) override;
  /// The batch that the store holds. Absent: the store is empty.
  const std::optional<CommitPoint>& LastCommit() const { return last_commit_; }

  /// The batch's writes and its commit point, together. The point Follows the last one.
  Result<void> Apply(const Overlay& batch, const CommitPoint& point);
  /// The same for a batch read back from the changelog: unique keys, sorted. The point may skip sequences
  /// (compaction removes progress records) but never goes back.
  Result<void> ApplyRestored(std::span<const RestoredEntry> sorted, const CommitPoint& point);
  /// ApplyRestored for much at a time, past the write-ahead log: into an empty store as whole tables. Flush
  /// before anything else is written. A process killed before that leaves what an earlier call wrote, or an
  /// empty store.
  Result<void> LoadRestored(std::span<const RestoredEntry> sorted, const CommitPoint& point);

  /// Called with keys and values in byte order until it returns false.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  /// Every committed key with this prefix ("" for all), over a snapshot; reserved keys are left out.
  Result<void> ForEach(std::string_view prefix, const Visitor& visit) const;

  /// Of the table in front of the database; it may be bounded anew at any time.
  std::size_t TableBytes() const { return memory_.Bytes(); }
  void BoundTable(std::size_t bytes_max) { memory_.SetBound(bytes_max); }
  std::size_t MemoryBytes() const { return memory_.Bytes() + database_->MemoryBytes(); }
  std::uint64_t DiskBytes() const { return database_->DiskBytes(); }
  std::uint64_t MemoryMisses() const { return memory_misses_; }
  const std::string& Path() const { return directory_.Path(); }
  /// For queries on other threads: committed batches only. Keeps the database open as long as it is held.
  std::shared_ptr<const Database> SharedDatabase() const { return database_; }
  Result<void> Flush() { return database_->Flush(); }
  /// A consistent copy of the database in a new directory.
  Result<void> Checkpoint(const std::string& path) const { return database_->Checkpoint(path); }

  /// Closes the store and renames its directory (QuarantineDirectory); returns the new name.
  static Result<std::string> Quarantine(std::unique_ptr<TaskStore> store);

 private:
  TaskStore(StateDirectory directory, const TaskStoreOptions& options);
  Result<void> OpenDatabase(const TaskStoreOptions& options);
  Result<void> LoadCommitPoint();
  Result<void> DropUnfinishedRestore(const TaskStoreOptions& options);
  Result<bool> HoldsUserKeys() const;
  Result<void> Write(WriteSet writes, const CommitPoint& point);
  Result<void> IngestRestored(std::span<const RestoredEntry> sorted);
  Result<void> Done(const Result<void>& written, const CommitPoint& point);

  StateDirectory directory_;  // unlocks after the database is closed: keep it first
  std::shared_ptr<Database> database_;
  MemoryTable memory_;
  bool sync_commits_;
  std::optional<CommitPoint> last_commit_;
  std::optional<Error> failure_;
  std::string last_read_;  // holds what Read returned when it came from the database
  std::uint64_t memory_misses_ = 0;
};

}  // namespace freshet
