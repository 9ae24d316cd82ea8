#include "state/task_store.h"

#include <vector>

#include "base/assert.h"
#include "base/failpoint.h"
#include "base/format.h"
#include "base/logging.h"
#include "state/keys.h"

namespace freshet {

namespace {

void AddTo(WriteSet& writes, std::string_view key, std::optional<std::string_view> value) {
  if (value) {
    writes.Put(key, *value);
  } else {
    writes.Delete(key);
  }
}

WriteSet ToWriteSet(std::span<const RestoredEntry> sorted) {
  WriteSet writes;
  for (const RestoredEntry& entry : sorted) AddTo(writes, entry.key, entry.value);
  return writes;
}

void CheckRestored(std::span<const RestoredEntry> sorted, const CommitPoint& point,
                   const std::optional<CommitPoint>& last) {
  if (last) {
    FRESHET_ASSERT(point.epoch >= last->epoch);
    FRESHET_ASSERT(point.changelog_next >= last->changelog_next);
  }
  for (const RestoredEntry& entry : sorted) FRESHET_ASSERT(!IsReservedKey(entry.key));
}

}  // namespace

TaskStore::TaskStore(StateDirectory directory, const TaskStoreOptions& options)
    : directory_(std::move(directory)),
      memory_(options.memory_bytes_max),
      sync_commits_(options.sync_commits) {}

Result<std::unique_ptr<TaskStore>> TaskStore::Open(const TaskStoreOptions& options) {
  FRESHET_TRY(StateDirectory directory, StateDirectory::Lock(options.path));
  FRESHET_CHECK(directory.Claim(options.identity));
  std::unique_ptr<TaskStore> store(new TaskStore(std::move(directory), options));
  FRESHET_CHECK(store->OpenDatabase(options));
  FRESHET_CHECK(store->LoadCommitPoint());
  if (!store->last_commit_) FRESHET_CHECK(store->DropUnfinishedRestore(options));
  return store;
}

Result<void> TaskStore::OpenDatabase(const TaskStoreOptions& options) {
  auto opened = Database::Open(directory_.DatabasePath(), options.database);
  if (!opened.ok()) return opened.error().Within(fmt::format("state of {}", options.path));
  database_ = std::move(*opened);
  return {};
}

Result<void> TaskStore::LoadCommitPoint() {
  FRESHET_TRY(const std::optional<std::string> bytes, database_->Get(kCommitPointKey));
  if (!bytes) return {};
  auto point = CommitPoint::Decode(*bytes);
  if (!point.ok()) return point.error().Within(fmt::format("state of {}", Path()));
  last_commit_ = std::move(*point);
  return {};
}

// Bulk load comes before the commit point. Keys without one are the remains of a restore that was killed.
Result<void> TaskStore::DropUnfinishedRestore(const TaskStoreOptions& options) {
  FRESHET_TRY(const bool unfinished, HoldsUserKeys());
  if (!unfinished) return {};
  LogWarn("unfinished restore dropped", {{"path", Path()}});
  database_.reset();
  FRESHET_CHECK(Database::Destroy(directory_.DatabasePath()));
  return OpenDatabase(options);
}

Result<bool> TaskStore::HoldsUserKeys() const {
  bool any = false;
  FRESHET_CHECK(ForEach("", [&any](std::string_view, std::string_view) {
    any = true;
    return false;
  }));
  return any;
}

Result<std::optional<std::string_view>> TaskStore::Read(std::string_view key) {
  FRESHET_ASSERT(!IsReservedKey(key));
  if (failure_) return *failure_;
  const Cached cached = memory_.Find(key);
  if (cached.known != Known::kNothing) {
    if (cached.known == Known::kAbsent) return std::optional<std::string_view>();
    return std::optional<std::string_view>(cached.value);
  }
  ++memory_misses_;
  auto read = database_->Get(key);
  if (!read.ok()) return read.error().Within(fmt::format("state of {}", Path()));
  if (!*read) {
    memory_.Remember(key, std::nullopt);
    return std::optional<std::string_view>();
  }
  last_read_ = std::move(**read);
  memory_.Remember(key, last_read_);
  return std::optional<std::string_view>(last_read_);
}

Result<void> TaskStore::Apply(const Overlay& batch, const CommitPoint& point) {
  FRESHET_ASSERT(!batch.Failure());
  if (last_commit_) FRESHET_ASSERT(Follows(point, *last_commit_));
  WriteSet writes;
  batch.ForEachSorted(
      [&writes](std::string_view key, std::optional<std::string_view> value) { AddTo(writes, key, value); });
  FRESHET_CHECK(Write(std::move(writes), point));
  batch.ForEachSorted(
      [this](std::string_view key, std::optional<std::string_view> value) { memory_.Remember(key, value); });
  return {};
}

Result<void> TaskStore::ApplyRestored(std::span<const RestoredEntry> sorted, const CommitPoint& point) {
  CheckRestored(sorted, point, last_commit_);
  FRESHET_CHECK(Write(ToWriteSet(sorted), point));
  for (const RestoredEntry& entry : sorted) memory_.Remember(entry.key, entry.value);
  return {};
}

Result<void> TaskStore::LoadRestored(std::span<const RestoredEntry> sorted, const CommitPoint& point) {
  CheckRestored(sorted, point, last_commit_);
  if (failure_) return *failure_;
  memory_.Clear();
  const bool empty = !last_commit_;
  if (empty) FRESHET_CHECK(IngestRestored(sorted));
  WriteSet writes = ToWriteSet(empty ? std::span<const RestoredEntry>() : sorted);
  writes.Put(kCommitPointKey, point.Encode());
  return Done(database_->WriteUnlogged(std::move(writes)), point);
}

// Keys without a commit point are the remains of a restore that was killed here: the next open drops them.
Result<void> TaskStore::IngestRestored(std::span<const RestoredEntry> sorted) {
  std::vector<SortedEntry> present;
  present.reserve(sorted.size());
  for (const RestoredEntry& entry : sorted) {
    if (entry.value) present.push_back({entry.key, *entry.value});
  }
  const auto ingested = database_->Ingest(present);
  if (!ingested.ok()) failure_ = ingested.error().Within(fmt::format("state of {}", Path()));
  return ingested;
}

Result<void> TaskStore::Write(WriteSet writes, const CommitPoint& point) {
  if (failure_) return *failure_;
  writes.Put(kCommitPointKey, point.Encode());
  Failpoint("store.before_write");
  const auto written = database_->Write(std::move(writes), sync_commits_);
  Failpoint("store.after_write");
  return Done(written, point);
}

Result<void> TaskStore::Done(const Result<void>& written, const CommitPoint& point) {
  if (!written.ok()) {
    // RocksDB 7.8 may lose data when a failed write or flush is retried in place (facebook/rocksdb#11865).
    failure_ = written.error().Within(fmt::format("state of {}", Path()));
    return *failure_;
  }
  last_commit_ = point;
  return {};
}

Result<void> TaskStore::ForEach(std::string_view prefix, const Visitor& visit) const {
  const std::unique_ptr<Cursor> cursor = database_->NewCursor();
  const std::string first_table(1, kReservedTable + 1);
  for (cursor->Seek(prefix.empty() ? first_table : prefix); cursor->Valid(); cursor->Next()) {
    const std::string_view key = cursor->Key();
    if (!key.starts_with(prefix)) break;
    if (IsReservedKey(key)) continue;
    if (!visit(key, cursor->Value())) break;
  }
  return cursor->Status();
}

Result<std::string> TaskStore::Quarantine(std::unique_ptr<TaskStore> store) {
  const std::string path = store->Path();
  store.reset();
  return QuarantineDirectory(path);
}

}  // namespace freshet
