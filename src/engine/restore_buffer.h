#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "engine/changelog_verifier.h"
#include "state/task_store.h"

namespace freshet {

/// Folds changelog records into a store: whole verified batches only, last value a key, written sorted.
/// What fits into memory is one write: the usual tail. More goes past the write-ahead log in portions, the
/// first one into an empty store as whole tables; each portion brings its commit point, so that a process
/// killed meanwhile goes on at the last portion that reached the disk. Used by the task's thread while it
/// acquires.
class RestoreBuffer final {
 public:
  struct Options {
    Offset start;                            ///< changelog offset of the first record to come
    std::size_t first_bytes_max = 64 << 20;  ///< held for an empty store, before the first portion
  };
  RestoreBuffer(TaskStore& store, std::optional<ProgressRecord> last, const Options& options)
      : store_(store),
        options_(options),
        empty_(!store.LastCommit()),
        verifier_(std::move(last), options.start) {}
  Result<void> Add(Record record);
  /// Writes what is still held.
  Result<void> Finish();
  /// Progress of the last good batch seen; absent: none.
  const std::optional<ProgressRecord>& last() const { return last_; }
  std::uint64_t refused() const { return verifier_.refused(); }
  std::uint64_t unfinished() const { return verifier_.unfinished(); }

 private:
  std::size_t BytesMax() const;
  std::vector<RestoredEntry> Sorted() const;
  Result<void> Load();
  TaskStore& store_;
  const Options options_;
  bool empty_;          ///< the store, before the first portion
  bool loads_ = false;  ///< a portion was written past the write-ahead log
  ChangelogVerifier verifier_;
  BytesMap<std::optional<std::string>> entries_;
  std::size_t bytes_ = 0;
  std::optional<ProgressRecord> last_;
  CommitPoint point_;
};

}  // namespace freshet
