#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "state/overlay.h"
#include "state/progress_record.h"
#include "state/task_store.h"

namespace freshet {

/// A directory that goes away with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-state-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string Sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline StateIdentity IdentityOfTest() { return {"shop", "user", Partition{3}, "cluster-a", "topic-1"}; }

inline TaskStoreOptions StoreAt(const std::string& path, std::size_t memory_bytes_max = 1 << 20) {
  TaskStoreOptions options;
  options.path = path;
  options.identity = IdentityOfTest();
  options.memory_bytes_max = memory_bytes_max;
  options.database.write_buffer_bytes = 1 << 20;
  return options;
}

inline std::unique_ptr<TaskStore> MustOpen(const TaskStoreOptions& options) {
  auto store = TaskStore::Open(options);
  if (!store.ok()) ADD_FAILURE() << store.error().message;
  return store.ok() ? std::move(*store) : nullptr;
}

inline CommitPoint PointAt(std::uint64_t seq, std::uint64_t epoch = 1) {
  ProgressRecord record;
  record.epoch = epoch;
  record.seq = seq;
  return {Offset{static_cast<std::int64_t>(epoch * 1'000'000 + seq * 10)}, epoch, seq, record.Encode()};
}

inline std::map<std::string, std::string> Dump(const TaskStore& store, std::string_view prefix = "") {
  std::map<std::string, std::string> dump;
  const auto status = store.ForEach(prefix, [&dump](std::string_view key, std::string_view value) {
    dump.emplace(key, value);
    return true;
  });
  if (!status.ok()) ADD_FAILURE() << status.error().message;
  return dump;
}

using FileSizes = std::map<std::string, std::uintmax_t>;

inline FileSizes FilesOf(const std::string& path) {
  FileSizes files;
  std::error_code gone;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, gone)) {
    if (entry.is_regular_file(gone)) files[entry.path().lexically_relative(path)] = entry.file_size(gone);
  }
  return files;
}

/// What the disk holds at this moment, as after kill -9: a copy made while the store is open. RocksDB may
/// replace files in the background meanwhile; a copy that saw that is no moment's image, and is made again.
inline void CopyAsAfterKill(const std::string& from, const std::string& to) {
  FileSizes before;
  std::error_code vanished;
  do {
    std::filesystem::remove_all(to);
    before = FilesOf(from);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, vanished);
  } while (vanished || before != FilesOf(from) || before != FilesOf(to));
}

}  // namespace freshet
