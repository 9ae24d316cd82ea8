#include "storage/database.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <system_error>

#include "base/assert.h"
#include "storage/bulk_load.h"
#include "storage/rocksdb_options.h"

namespace freshet {
namespace {

constexpr int kCheckpointAttempts = 3;  // 7.8 may look for a MANIFEST that has just been replaced

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// A reader beside the writing process must leave no files in its directory.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class RocksDbCursor final : public Cursor {
 public:
  RocksDbCursor(std::unique_ptr<rocksdb::Iterator> rocks, std::string path)
      : rocks_(std::move(rocks)), path_(std::move(path)) {}
  void Seek(std::string_view key) override { rocks_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { rocks_->SeekForPrev(ToSlice(key)); }
  bool Valid() const override { return rocks_->Valid(); }
  void Next() override { rocks_->Next(); }
  void Prev() override { rocks_->Prev(); }
  std::string_view Key() const override { return ToView(rocks_->key()); }
  std::string_view Value() const override { return ToView(rocks_->value()); }
  Result<void> Status() const override {
    const auto status = rocks_->status();
    if (status.ok()) return {};
    return StorageError(status, "reading storage directory " + path_);
  }

 private:
  std::unique_ptr<rocksdb::Iterator> rocks_;
  std::string path_;
};

Error LockHeldError(const std::string& path) {
  return MakeError(ErrorCode::kAlreadyExists, "storage directory " + path +
                                                  " is in use by another process; stop that process or "
                                                  "choose another directory");
}

std::uint64_t BytesBelow(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;  // RocksDB deletes files while they are listed
    if (entry->is_regular_file(gone)) {
      const auto size = entry->file_size(gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

}  // namespace

struct WriteSet::Impl {
  rocksdb::WriteBatch batch;
};

WriteSet::WriteSet() : impl_(std::make_unique<Impl>()) {}
WriteSet::~WriteSet() = default;
WriteSet::WriteSet(WriteSet&&) noexcept = default;
WriteSet& WriteSet::operator=(WriteSet&&) noexcept = default;
void WriteSet::Put(std::string_view key, std::string_view value) {
  FRESHET_ASSERT(impl_->batch.Put(ToSlice(key), ToSlice(value)).ok());
}
void WriteSet::Delete(std::string_view key) { FRESHET_ASSERT(impl_->batch.Delete(ToSlice(key)).ok()); }
void WriteSet::Clear() { impl_->batch.Clear(); }
std::size_t WriteSet::Bytes() const { return impl_->batch.GetDataSize(); }
std::size_t WriteSet::Count() const { return static_cast<std::size_t>(impl_->batch.Count()); }

struct Database::Impl {
  std::string path;
  rocksdb::Options options;
  std::shared_ptr<BackgroundFailure> failure;
  bool read_only = false;
  std::unique_ptr<rocksdb::DB> rocks;  // last: its threads use the members above

  Result<void> CheckWritable() const {
    if (read_only)
      return MakeError(ErrorCode::kUnsupported, "storage directory " + path + " is open read-only");
    return failure->Check();
  }
  Result<void> Done(const rocksdb::Status& status, std::string_view what) const {
    if (status.ok()) return {};
    return StorageError(status, std::string(what) + " storage directory " + path);
  }
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, const DatabaseOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return MakeError(ErrorCode::kIo, "creating storage directory " + path + ": " + error.message());
  }
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->failure = std::make_shared<BackgroundFailure>();
  impl->options = MakeRocksDbOptions(path, options, impl->failure);
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(impl->options, path, &opened);
  if (IsLockHeld(status)) return LockHeldError(path);
  if (!status.ok()) return StorageError(status, "opening storage directory " + path);
  impl->rocks.reset(opened);
  RemoveBulkLoadFiles(path);
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<std::unique_ptr<Database>> Database::OpenReadOnly(const std::string& path,
                                                         const DatabaseOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->read_only = true;
  impl->failure = std::make_shared<BackgroundFailure>();
  impl->options = MakeRocksDbOptions(path, options, impl->failure);
  impl->options.create_if_missing = false;
  impl->options.info_log = std::make_shared<SilentLogger>();
  // All tables stay open: the writing process may delete those that it has compacted away.
  impl->options.max_open_files = -1;
  std::error_code error;
  if (!std::filesystem::exists(path + "/CURRENT", error)) {
    return MakeError(ErrorCode::kNotFound, "no storage directory at " + path);
  }
  rocksdb::DB* opened = nullptr;
  const auto scratch = std::filesystem::temp_directory_path(error).string();
  const auto status = rocksdb::DB::OpenAsSecondary(impl->options, path, scratch, &opened);
  if (!status.ok()) return StorageError(status, "opening storage directory " + path + " read-only");
  impl->rocks.reset(opened);
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<void> Database::CatchUp() {
  if (!impl_->read_only) return {};
  return impl_->Done(impl_->rocks->TryCatchUpWithPrimary(), "following");
}

Result<std::optional<std::string>> Database::Get(std::string_view key) const {
  FRESHET_CHECK(impl_->failure->Check());
  std::string value;
  const auto status = impl_->rocks->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return StorageError(status, "reading storage directory " + impl_->path);
  return std::optional<std::string>(std::move(value));
}

Result<void> Database::Write(WriteSet set, bool sync) {
  FRESHET_CHECK(impl_->CheckWritable());
  rocksdb::WriteOptions options;
  options.sync = sync;
  return impl_->Done(impl_->rocks->Write(options, &set.impl_->batch), "writing");
}

Result<void> Database::WriteUnlogged(WriteSet set) {
  FRESHET_CHECK(impl_->CheckWritable());
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return impl_->Done(impl_->rocks->Write(options, &set.impl_->batch), "writing");
}

std::unique_ptr<Cursor> Database::NewCursor() const {
  std::unique_ptr<rocksdb::Iterator> rocks(impl_->rocks->NewIterator(rocksdb::ReadOptions()));
  return std::make_unique<RocksDbCursor>(std::move(rocks), impl_->path);
}

Result<void> Database::Flush() {
  FRESHET_CHECK(impl_->CheckWritable());
  return impl_->Done(impl_->rocks->Flush(rocksdb::FlushOptions()), "flushing");
}

Result<void> Database::StartCompaction() {
  FRESHET_CHECK(impl_->CheckWritable());
  return impl_->Done(impl_->rocks->EnableAutoCompaction({impl_->rocks->DefaultColumnFamily()}),
                     "starting compaction of");
}

Result<void> Database::Sync() {
  FRESHET_CHECK(impl_->CheckWritable());
  return impl_->Done(impl_->rocks->SyncWAL(), "syncing");
}

Result<void> Database::Checkpoint(const std::string& path) const {
  FRESHET_CHECK(impl_->CheckWritable());
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return MakeError(ErrorCode::kAlreadyExists, "checkpoint directory " + path + " exists; choose another");
  }
  rocksdb::Checkpoint* raw = nullptr;
  FRESHET_CHECK(impl_->Done(rocksdb::Checkpoint::Create(impl_->rocks.get(), &raw), "checkpointing"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  rocksdb::Status status;
  for (int attempt = 0; attempt < kCheckpointAttempts; ++attempt) {
    status = checkpoint->CreateCheckpoint(path, 0);
    if (status.ok()) break;
    std::filesystem::remove_all(path, error);
  }
  return impl_->Done(status, "checkpointing");
}

Result<void> Database::Destroy(const std::string& path) {
  const auto status = rocksdb::DestroyDB(path, rocksdb::Options());
  if (IsLockHeld(status)) return LockHeldError(path);
  if (!status.ok() && !status.IsNotFound()) return StorageError(status, "deleting storage directory " + path);
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return MakeError(ErrorCode::kIo, "deleting " + path + ": " + error.message());
  return {};
}

Result<void> Database::Ingest(std::span<const SortedEntry> sorted) {
  FRESHET_CHECK(impl_->CheckWritable());
  return BulkLoad(*impl_->rocks, impl_->options, impl_->path, sorted);
}

std::uint64_t Database::DiskBytes() const { return BytesBelow(impl_->path); }

std::uint64_t Database::MemoryBytes() const {
  std::uint64_t total = 0;
  for (const auto& property :
       {rocksdb::DB::Properties::kCurSizeAllMemTables, rocksdb::DB::Properties::kEstimateTableReadersMem}) {
    std::uint64_t bytes = 0;
    if (impl_->rocks->GetIntProperty(property, &bytes)) total += bytes;
  }
  return total;
}

}  // namespace freshet
