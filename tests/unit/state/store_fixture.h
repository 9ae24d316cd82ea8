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

/// What the disk holds at this moment, as after kill -9: a copy made while the store is open.
inline void CopyAsAfterKill(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace freshet
