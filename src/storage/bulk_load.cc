#include "storage/bulk_load.h"

#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "storage/rocksdb_options.h"

namespace freshet {
namespace {

constexpr std::uint64_t kTableBytesMax = 64 << 20;  // later compactions take whole tables

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string ScratchFolder(const std::string& directory) { return directory + "/ingest"; }

Result<void> CheckEmpty(rocksdb::DB& rocks, const std::string& directory) {
  const std::unique_ptr<rocksdb::Iterator> first(rocks.NewIterator(rocksdb::ReadOptions()));
  first->SeekToFirst();
  if (!first->status().ok()) return StorageError(first->status(), "reading storage directory " + directory);
  if (!first->Valid()) return {};
  return MakeError(ErrorCode::kInvalidArgument, "bulk load into storage directory " + directory +
                                                    ", which is not empty; destroy it first");
}

/// Writes one table from `next` on and moves `next` past what it took.
Result<std::string> WriteTable(const rocksdb::Options& options, const std::string& file,
                               std::span<const SortedEntry> sorted, std::size_t& next) {
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
  auto status = writer.Open(file);
  for (; status.ok() && next < sorted.size() && writer.FileSize() < kTableBytesMax; ++next) {
    status = writer.Put(ToSlice(sorted[next].key), ToSlice(sorted[next].value));
  }
  if (status.ok()) status = writer.Finish();
  if (!status.ok()) return StorageError(status, "bulk load into " + file);
  return file;
}

Result<std::vector<std::string>> WriteTables(const rocksdb::Options& options, const std::string& folder,
                                             std::span<const SortedEntry> sorted) {
  std::vector<std::string> files;
  for (std::size_t next = 0; next < sorted.size();) {
    const std::string file = folder + "/" + std::to_string(files.size()) + ".sst";
    FRESHET_TRY(auto written, WriteTable(options, file, sorted, next));
    files.push_back(std::move(written));
  }
  return files;
}

Result<void> CheckSorted(std::span<const SortedEntry> sorted) {
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i - 1].key < sorted[i].key) continue;
    return MakeError(ErrorCode::kInvalidArgument, "bulk load: key " + std::to_string(i) +
                                                      " is not above the one before; sort and deduplicate");
  }
  return {};
}

}  // namespace

void RemoveBulkLoadFiles(const std::string& directory) {
  std::error_code ignored;  // the folder is usually not there
  std::filesystem::remove_all(ScratchFolder(directory), ignored);
}

Result<void> BulkLoad(rocksdb::DB& rocks, const rocksdb::Options& options, const std::string& directory,
                      std::span<const SortedEntry> sorted) {
  FRESHET_CHECK(CheckEmpty(rocks, directory));
  FRESHET_CHECK(CheckSorted(sorted));
  if (sorted.empty()) return {};
  RemoveBulkLoadFiles(directory);
  const std::string folder = ScratchFolder(directory);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return MakeError(ErrorCode::kIo, "creating " + folder + ": " + error.message());
  auto files = WriteTables(options, folder, sorted);
  if (!files.ok()) {
    RemoveBulkLoadFiles(directory);
    return files.error();
  }
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  const auto status = rocks.IngestExternalFile(*files, ingest);
  RemoveBulkLoadFiles(directory);
  if (!status.ok()) return StorageError(status, "bulk load into storage directory " + directory);
  return {};
}

}  // namespace freshet
