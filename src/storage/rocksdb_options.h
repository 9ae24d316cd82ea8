#pragma once

// Internal to src/storage: what every database of the process is opened with.

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>
#include <rocksdb/write_buffer_manager.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "freshet/result.h"
#include "storage/database.h"

namespace freshet {

class StorageMemory final {
 public:
  StorageMemory(std::size_t cache_bytes_max, std::size_t memtable_bytes_max);
  const std::shared_ptr<rocksdb::Cache>& cache() const { return cache_; }
  const std::shared_ptr<rocksdb::WriteBufferManager>& memtables() const { return memtables_; }

 private:
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::WriteBufferManager> memtables_;  // charged to cache_, so it goes first
};

/// Remembers the first error of RocksDB's background work. Thread-safe.
class BackgroundFailure final {
 public:
  void Set(std::string message);
  /// kIo once a failure was set.
  Result<void> Check() const;

 private:
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::string message_;
};

rocksdb::Options MakeRocksDbOptions(const std::string& path, const DatabaseOptions& options,
                                    std::shared_ptr<BackgroundFailure> failure);

/// The code that fits a RocksDB status; `what` names the operation and the directory.
Error StorageError(const rocksdb::Status& status, std::string_view what);

/// Whether the status says that the directory's lock is held.
bool IsLockHeld(const rocksdb::Status& status);

}  // namespace freshet
