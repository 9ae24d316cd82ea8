#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

/// Memory that all databases of a process share: block cache, with the memtables charged to it.
class StorageMemory;
std::shared_ptr<StorageMemory> MakeStorageMemory(std::size_t cache_bytes_max, std::size_t memtable_bytes_max);
/// What the shared memory holds now: blocks, indexes, filters and memtables. Bytes.
std::uint64_t StorageMemoryBytes(const StorageMemory& memory);

/// Keys of one kind that are written in ascending order under each of many prefixes: a log in several
/// partitions. Tables of lower levels then hold one prefix each, so that compaction moves them on as they are
/// instead of merging them again. No part of the format.
struct AscendingRuns {
  std::string tag;               ///< these keys begin with it; empty: there are none
  std::size_t prefix_bytes = 0;  ///< with the tag
};

struct DatabaseOptions {
  std::shared_ptr<StorageMemory> memory;  ///< null: a small one of its own
  std::size_t write_buffer_bytes = 32 << 20;
  bool compress = true;  ///< lz4 on the lower levels
  AscendingRuns runs;
  bool compaction_later = false;  ///< in the background not before StartCompaction
};

/// Puts and deletes that become visible together or not at all.
class WriteSet final {
 public:
  WriteSet();
  ~WriteSet();
  WriteSet(WriteSet&&) noexcept;
  WriteSet& operator=(WriteSet&&) noexcept;
  void Put(std::string_view key, std::string_view value);
  void Delete(std::string_view key);
  void Clear();
  std::size_t Bytes() const;
  std::size_t Count() const;

 private:
  friend class Database;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A key with its value, both borrowed.
struct SortedEntry {
  std::string_view key;
  std::string_view value;
};

/// Walks keys in byte order over a snapshot. Borrowed views live until the next call.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void Seek(std::string_view key) = 0;         ///< first key >= key
  virtual void SeekForPrev(std::string_view key) = 0;  ///< last key <= key
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual std::string_view Key() const = 0;
  virtual std::string_view Value() const = 0;
  virtual Result<void> Status() const = 0;
};

/// One RocksDB directory, locked by this process. Thread-safe. Reads and writes block on the disk. After an
/// I/O error in the background every call answers kIo: close it, make room, open it again.
class Database final {
 public:
  /// kAlreadyExists: another process holds the directory's lock; kCorrupt; kIo.
  /// Creates the directory where it is missing.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, const DatabaseOptions& options);
  /// Reads a directory that another process may be writing to. Takes no lock and writes nothing; every write
  /// answers kUnsupported. Shows what was committed when it was opened or at the last CatchUp.
  static Result<std::unique_ptr<Database>> OpenReadOnly(const std::string& path,
                                                        const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  /// Shows what the writing process has committed since. Only after OpenReadOnly; else it does nothing.
  Result<void> CatchUp();
  Result<std::optional<std::string>> Get(std::string_view key) const;
  /// `sync`: survives a power cut, not only the end of the process.
  Result<void> Write(WriteSet set, bool sync);
  /// Past the write-ahead log: the end of the process takes it back unless Flush came first, a later such
  /// write before an earlier one. Flush before the next Write, or a crash leaves a hole.
  Result<void> WriteUnlogged(WriteSet set);
  std::unique_ptr<Cursor> NewCursor() const;
  /// Moves the memtables into tables.
  Result<void> Flush();
  /// After an opening with compaction_later: a start has better things to do with disk and processor.
  Result<void> StartCompaction();
  /// Makes everything written so far survive a power cut.
  Result<void> Sync();
  /// kAlreadyExists: `path` is there. A consistent copy in a new directory, by hard links where the file
  /// system allows.
  Result<void> Checkpoint(const std::string& path) const;
  /// Deletes everything on disk at `path`, which no process has open.
  static Result<void> Destroy(const std::string& path);
  /// Bulk load of sorted unique keys into an empty database, past the write-ahead log. kInvalidArgument:
  /// the keys are not sorted or the database holds something.
  Result<void> Ingest(std::span<const SortedEntry> sorted);
  std::uint64_t DiskBytes() const;
  /// Memtables and open tables of this database; what it holds in the shared cache is counted there.
  std::uint64_t MemoryBytes() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
