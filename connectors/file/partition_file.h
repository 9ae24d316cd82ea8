#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/compression.h"
#include "connectors/file/descriptor.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

/// What one transaction left in one partition's file: lines, the last of them its commit line; one member
/// of the file when that is compressed.
struct FileBlock {
  std::uint64_t transaction = 0;
  std::int64_t base = 0;  ///< offset of its first record
  std::int64_t next = 0;  ///< offset behind its last record
  std::int64_t max_time_ms = 0;
  std::uint64_t position = 0;  ///< in the file
  std::uint64_t bytes = 0;     ///< in the file
};

/// The bytes of a block, ready to be appended: the records get offsets from `base` on.
Result<std::string> MakeBlock(std::vector<Record> records, FileBlock& block, Compression compression);

/// One partition's file, open for reading and appending. Not thread-safe, but ReadBlock may run beside
/// anything.
class PartitionFile final {
 public:
  /// Opens or creates the file and finds its blocks. What follows the last whole block of a transaction up to
  /// `committed` is cut off: a process died while it wrote it. kCorrupt: damage before that.
  static Result<PartitionFile> Open(const std::string& path, Compression compression,
                                    std::uint64_t committed);
  const std::vector<FileBlock>& blocks() const { return blocks_; }
  std::uint64_t Bytes() const { return end_; }
  std::int64_t High() const { return blocks_.empty() ? 0 : blocks_.back().next; }
  /// Writes behind the last block, without taking it into blocks(). On failure the file is as before.
  Result<void> Append(std::string_view bytes);
  /// Takes in what Append wrote.
  void Add(FileBlock block, std::uint64_t bytes);
  /// Cuts off what Append wrote and Add did not take.
  Result<void> Discard();
  Result<void> Sync() { return file_.Sync(); }
  /// kCorrupt: the block is not what it was.
  Result<std::vector<Record>> ReadBlock(const FileBlock& block) const;

 private:
  PartitionFile(Descriptor file, Compression compression);
  Result<void> Scan(std::uint64_t bytes);
  Descriptor file_;
  Compression compression_;
  std::vector<FileBlock> blocks_;
  std::uint64_t end_ = 0;  // of the last block
};

}  // namespace freshet
