// The part of FileStore that appends and reads records.

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "base/topic_spec.h"
#include "connectors/file/file_store.h"

namespace freshet {

std::uint64_t FileStore::BumpEpoch(const std::string& transactional_id) {
  // In memory only: writers do not outlive the process, which holds the directory's lock.
  const std::lock_guard lock(mutex_);
  return ++epochs_[transactional_id];
}

bool FileStore::Fenced(const std::optional<std::string>& transactional_id, std::uint64_t epoch) const {
  if (!transactional_id) return false;
  const std::lock_guard lock(mutex_);
  return epochs_.at(*transactional_id) != epoch;
}

Result<CommitReceipt> FileStore::Commit(Transaction transaction) {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  if (transaction.transactional_id && epochs_.at(*transaction.transactional_id) != transaction.epoch) {
    return MakeError(ErrorCode::kFenced, "transactional id " + *transaction.transactional_id +
                                             " was taken over by another writer; open a new one");
  }
  for (const auto& [to, records] : transaction.records) {
    if (FindLocked(to).ok()) continue;
    return MakeError(ErrorCode::kAborted, "topic " + to.topic + " was deleted during the transaction");
  }
  if (transaction.records.empty()) return CommitReceipt{};
  Manifest manifest = manifest_;
  ++manifest.committed;
  std::map<TopicPartition, Write> writes;
  auto done = Append(transaction, manifest.committed, writes);
  Failpoint("file.commit.before");
  if (done.ok()) {
    for (const auto& [to, write] : writes) {
      manifest.topics.at(to.topic).committed_bytes[static_cast<std::size_t>(to.partition.value)] =
          write.file->Bytes() + write.bytes;
    }
    done = Replace(manifest);
  }
  if (!done.ok()) {
    Discard(writes);
    return done.error();
  }
  Failpoint("file.commit.after");
  manifest_ = std::move(manifest);
  return Publish(std::move(writes));
}

Result<void> FileStore::Append(Transaction& transaction, std::uint64_t number,
                               std::map<TopicPartition, Write>& writes) {
  for (const auto& [to, records] : transaction.records) {
    Write write;
    FRESHET_TRY(write.file, FindLocked(to));
    write.block.transaction = number;
    write.block.base = write.file->High();
    FRESHET_TRY(const auto bytes, MakeBlock(records, write.block, manifest_.compression));
    write.bytes = bytes.size();
    FRESHET_CHECK(write.file->Append(bytes));
    const auto added = writes.emplace(to, std::move(write)).first;
    if (options_.sync) {
      FRESHET_CHECK(added->second.file->Sync());
    }
  }
  return {};
}

void FileStore::Discard(std::map<TopicPartition, Write>& writes) {
  for (auto& [to, write] : writes) {
    const auto discarded = write.file->Discard();
    // Later appends would stand behind bytes that no commit covers. The next start cuts them off.
    if (!discarded.ok()) broken_ = discarded.error();
  }
}

CommitReceipt FileStore::Publish(std::map<TopicPartition, Write> writes) {
  CommitReceipt receipt;
  for (auto& [to, write] : writes) {
    write.file->Add(write.block, write.bytes);
    receipt.last_offsets[to] = {write.block.next - 1};
  }
  ++version_;
  changed_.notify_all();
  return receipt;
}

Result<Watermarks> FileStore::Marks(const TopicPartition& of) const {
  const std::lock_guard lock(mutex_);
  FRESHET_TRY(const auto file, FindLocked(of));
  return Watermarks{{0}, {file->High()}};
}

Result<std::vector<Record>> FileStore::ReadFrom(const TopicPartition& of, Offset offset) const {
  std::shared_ptr<PartitionFile> file;
  FileBlock block;
  {
    const std::lock_guard lock(mutex_);
    FRESHET_TRY(file, FindLocked(of));
    if (offset.value < 0 || offset.value > file->High()) {
      return MakeError(ErrorCode::kOutOfRange, PartitionName(of) + "@" + std::to_string(offset.value) +
                                                   " is outside the log, which holds 0 to " +
                                                   std::to_string(file->High()));
    }
    if (offset.value == file->High()) return std::vector<Record>();
    const auto& blocks = file->blocks();
    const auto after =
        std::upper_bound(blocks.begin(), blocks.end(), offset.value,
                         [](std::int64_t at, const FileBlock& each) { return at < each.next; });
    block = *after;
  }
  return file->ReadBlock(block);
}

Result<Offset> FileStore::OffsetForTime(const TopicPartition& of, Timestamp time) const {
  FRESHET_TRY(const auto marks, Marks(of));
  std::optional<FileBlock> block;
  {
    const std::lock_guard lock(mutex_);
    FRESHET_TRY(const auto file, FindLocked(of));
    const auto& blocks = file->blocks();
    const auto found = std::find_if(blocks.begin(), blocks.end(),
                                    [&](const FileBlock& each) { return each.max_time_ms >= time.ms; });
    if (found != blocks.end()) block = *found;
  }
  if (!block) return marks.high;
  FRESHET_TRY(const auto records, ReadFrom(of, {block->base}));
  for (const auto& record : records) {
    if (record.timestamp >= time) return record.offset;
  }
  return marks.high;
}

}  // namespace freshet
