#include "storage/rocksdb_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <utility>
#include <vector>

#include "base/logging.h"
#include "storage/run_partitioner.h"

namespace freshet {
namespace {

constexpr std::size_t kOwnCacheBytes = 16 << 20;  // a database opened alone, as by a tool or a test
constexpr std::size_t kOwnMemtableBytes = 8 << 20;
constexpr double kIndexShareOfCache = 0.5;    // indexes and filters must not be pushed out by scans
constexpr int kBloomBitsPerKey = 10;          // 1 % false positives
constexpr std::size_t kBlockBytes = 8 << 10;  // point reads of small values, still worth compressing
constexpr std::uint64_t kRunsBaseBytes =
    64 << 20;                       // merged with each load of level 0; from there on tables only move
constexpr int kOpenFilesMax = 512;  // table readers cost memory outside the cache
constexpr std::uint64_t kWalBytesMax = 256 << 20;  // bounds recovery after a crash
constexpr std::size_t kInfoLogBytes = 1 << 20;
constexpr std::size_t kInfoLogFiles = 2;

/// RocksDB would retry in place after some errors; 7.8 has data-losing bugs there, so the first one is final.
class FailureListener final : public rocksdb::EventListener {
 public:
  FailureListener(std::string path, std::shared_ptr<BackgroundFailure> failure)
      : path_(std::move(path)), failure_(std::move(failure)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    LogError("storage failed in the background", {{"directory", path_}, {"error", status->ToString()}});
    failure_->Set("storage directory " + path_ + " failed in the background: " + status->ToString() +
                  "; free disk space or replace the disk, then start again");
  }

 private:
  std::string path_;
  std::shared_ptr<BackgroundFailure> failure_;
};

rocksdb::BlockBasedTableOptions TableOptions(const StorageMemory& memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = memory.cache();
  table.block_size = kBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  return table;
}

}  // namespace

StorageMemory::StorageMemory(std::size_t cache_bytes_max, std::size_t memtable_bytes_max)
    : cache_(rocksdb::NewLRUCache(cache_bytes_max, -1, false, kIndexShareOfCache)),
      memtables_(std::make_shared<rocksdb::WriteBufferManager>(memtable_bytes_max, cache_)) {}

std::shared_ptr<StorageMemory> MakeStorageMemory(std::size_t cache_bytes_max,
                                                 std::size_t memtable_bytes_max) {
  return std::make_shared<StorageMemory>(cache_bytes_max, memtable_bytes_max);
}

std::uint64_t StorageMemoryBytes(const StorageMemory& memory) { return memory.cache()->GetUsage(); }

void BackgroundFailure::Set(std::string message) {
  const std::lock_guard lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return;
  message_ = std::move(message);
  failed_.store(true, std::memory_order_release);
}

Result<void> BackgroundFailure::Check() const {
  if (!failed_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  return MakeError(ErrorCode::kIo, message_);
}

rocksdb::Options MakeRocksDbOptions(const std::string& path, const DatabaseOptions& options,
                                    std::shared_ptr<BackgroundFailure> failure) {
  const auto memory = options.memory ? options.memory : MakeStorageMemory(kOwnCacheBytes, kOwnMemtableBytes);
  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  rocks.write_buffer_size = options.write_buffer_bytes;
  rocks.max_write_buffer_number = 2;
  rocks.write_buffer_manager = memory->memtables();
  rocks.level_compaction_dynamic_level_bytes = true;
  rocks.compression = options.compress ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  rocks.compression_per_level = {rocksdb::kNoCompression, rocks.compression};
  if (!options.runs.tag.empty()) {
    rocks.sst_partitioner_factory = MakeRunPartitioner(options.runs);
    rocks.max_bytes_for_level_base = kRunsBaseBytes;
  }
  rocks.max_open_files = kOpenFilesMax;
  rocks.max_file_opening_threads = 1;  // few files: sixteen threads for each open cost more than they save
  rocks.max_background_jobs = 2;
  rocks.disable_auto_compactions = options.compaction_later;
  rocks.max_total_wal_size = kWalBytesMax;
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocks.max_bgerror_resume_count = 0;
  rocks.max_log_file_size = kInfoLogBytes;
  rocks.keep_log_file_num = kInfoLogFiles;
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(*memory)));
  rocks.listeners.push_back(std::make_shared<FailureListener>(path, std::move(failure)));
  return rocks;
}

bool IsLockHeld(const rocksdb::Status& status) {
  if (!status.IsIOError()) return false;
  const std::string message = status.ToString();
  return message.find("lock hold by current process") != std::string::npos ||
         message.find("While lock file") != std::string::npos;
}

Error StorageError(const rocksdb::Status& status, std::string_view what) {
  const auto code = [&] {
    if (status.IsCorruption()) return ErrorCode::kCorrupt;
    if (status.IsNotFound()) return ErrorCode::kNotFound;
    if (status.IsInvalidArgument()) return ErrorCode::kInvalidArgument;
    if (status.IsNotSupported()) return ErrorCode::kUnsupported;
    return ErrorCode::kIo;
  }();
  return MakeError(code, std::string(what) + ": " + status.ToString());
}

}  // namespace freshet
