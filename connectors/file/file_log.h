#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/file/compression.h"
#include "freshet/log.h"

namespace freshet {

class FileStore;

struct FileLogOptions {
  Compression compression = Compression::kNone;  ///< of a new log; an existing one keeps its own
  bool sync = true;                          ///< a commit survives a power cut; it always survives kill -9
  const Clock* clock = &SystemClock();       ///< of records without a time
  std::int64_t message_bytes_max = 8 << 20;  ///< key + value; a topic may set less
  std::size_t transaction_bytes_max = 256 << 20;  ///< an open transaction is held in memory
};

/// A log of readable files: `<topic>/<partition>.jsonl`, with .gz or .zst behind it where compressed; one
/// record a line (line_format.h). For replays, imports and exports: opening reads everything once, a commit
/// replaces the file `freshet-log` (manifest.h), and nothing is ever removed from a topic (no retention, no
/// compaction).
///
/// An open transaction lives in its writer's memory; both isolation levels see the same. Thread-safe. Owned
/// by whoever opened it; destroyed after all readers, writers and memberships.
class FileLog final : public Log {
 public:
  /// Creates the directory where it is missing. kAlreadyExists: another process has it. kUnsupported: the
  /// directory holds something else, or a log of a newer Freshet.
  static Result<std::unique_ptr<FileLog>> Open(const std::string& path, const FileLogOptions& options);
  ~FileLog() override;

  Result<std::string> ClusterId() override;
  Result<TopicDescription> Describe(const std::string& topic) override;
  Result<std::vector<TopicDescription>> List() override;
  Result<void> Create(const TopicSpec& spec) override;
  Result<void> Delete(const std::string& topic) override;
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override;
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override;
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override;
  /// A group has one member, who owns all partitions that there are at its first Poll.
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override;
  std::int64_t MessageBytesMax() const override;

 private:
  explicit FileLog(std::unique_ptr<FileStore> store);
  std::unique_ptr<FileStore> store_;
};

}  // namespace freshet
