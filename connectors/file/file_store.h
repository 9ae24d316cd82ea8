#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/file/file_log.h"
#include "connectors/file/manifest.h"
#include "connectors/file/partition_file.h"

namespace freshet {

/// The open files and the manifest of a file log. Thread-safe; one lock for all, held over the disk by a
/// commit.
class FileStore final {
 public:
  static Result<std::unique_ptr<FileStore>> Open(const std::string& path, const FileLogOptions& options);
  const FileLogOptions& options() const { return options_; }
  const std::string& id() const { return manifest_.id; }

  Result<void> Create(const TopicSpec& spec);
  Result<void> Delete(const std::string& name);
  Result<FileTopic> Find(const std::string& name) const;
  std::vector<FileTopic> Topics() const;
  Result<Watermarks> Marks(const TopicPartition& of) const;
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) const;

  /// Voids every earlier epoch of the id.
  std::uint64_t BumpEpoch(const std::string& transactional_id);
  bool Fenced(const std::optional<std::string>& transactional_id, std::uint64_t epoch) const;
  struct Transaction {
    std::optional<std::string> transactional_id;
    std::uint64_t epoch = 0;
    std::map<TopicPartition, std::vector<Record>> records;
  };
  Result<CommitReceipt> Commit(Transaction transaction);

  /// The records of the transaction that holds `offset`; empty at the end. kOutOfRange, kNotFound, kCorrupt.
  Result<std::vector<Record>> ReadFrom(const TopicPartition& of, Offset offset) const;
  /// Changes with every commit, creation and deletion.
  std::uint64_t Version() const;
  void WaitForChange(std::uint64_t version, std::chrono::steady_clock::time_point deadline) const;
  /// kUnsupported: the group has a member.
  Result<void> Join(const std::string& group);
  void Leave(const std::string& group);

 private:
  struct TopicFiles {
    std::vector<std::shared_ptr<PartitionFile>> partitions;
  };
  struct Write {
    std::shared_ptr<PartitionFile> file;
    FileBlock block;
    std::uint64_t bytes = 0;
  };
  FileStore(std::string path, const FileLogOptions& options, Descriptor lock);
  Result<void> Load();
  Result<void> OpenFiles(const FileTopic& topic);
  std::string FileName(const std::string& topic, std::size_t partition) const;
  /// The commit point. Without an error the manifest on disk is the new one, else the old one.
  Result<void> Replace(const Manifest& manifest);
  Result<void> SyncDirectory(const std::string& path) const;
  Result<void> Append(Transaction& transaction, std::uint64_t number,
                      std::map<TopicPartition, Write>& writes);
  void Discard(std::map<TopicPartition, Write>& writes);
  CommitReceipt Publish(std::map<TopicPartition, Write> writes);
  Result<std::shared_ptr<PartitionFile>> FindLocked(const TopicPartition& of) const;

  const std::string path_;
  const FileLogOptions options_;
  Descriptor lock_;  // held until the end of the process or of this object

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  Manifest manifest_;
  std::map<std::string, TopicFiles> files_;
  std::map<std::string, std::uint64_t> epochs_;
  std::set<std::string> groups_;
  std::uint64_t version_ = 0;
  std::optional<Error> broken_;  // what could not be undone; nothing more is written
};

}  // namespace freshet
