#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/hash_map.h"
#include "engine/changelog_verifier.h"
#include "state/task_store.h"

namespace freshet {

/// Folds changelog records into a store: whole verified batches only, last value a key, written in large
/// sorted pieces. Used by the task's thread while it acquires.
class RestoreBuffer final {
 public:
  /// `start`: the changelog offset of the first record to come.
  RestoreBuffer(TaskStore& store, std::optional<ProgressRecord> last, Offset start)
      : store_(store), verifier_(std::move(last), start) {}
  Result<void> Add(Record record);
  /// Writes what is still held.
  Result<void> Finish();
  /// Progress of the last good batch seen; absent: none.
  const std::optional<ProgressRecord>& last() const { return last_; }
  std::uint64_t torn() const { return verifier_.torn(); }

 private:
  static constexpr std::size_t kBytesMax = 64 << 20;  ///< held before a write; bounds the restore's memory
  Result<void> Write();
  TaskStore& store_;
  ChangelogVerifier verifier_;
  BytesMap<std::optional<std::string>> entries_;
  std::size_t bytes_ = 0;
  std::optional<ProgressRecord> last_;
  CommitPoint point_;
};

}  // namespace freshet
