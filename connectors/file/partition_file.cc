#include "connectors/file/partition_file.h"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/logging.h"
#include "connectors/file/line_format.h"

namespace freshet {
namespace {

constexpr std::size_t kScanBytes = 1 << 20;

/// The text of one block, without its last line feed, and its commit line.
struct BlockText {
  std::string_view records;
  CommitLine commit;
};

/// Nullopt: the text does not end with the commit line of what stands before it.
std::optional<BlockText> SplitBlock(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t before = text.rfind('\n');
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  const auto commit = ParseCommitLine(text.substr(start));
  if (!commit.ok() || !*commit) return std::nullopt;
  const BlockText block{text.substr(0, start), **commit};
  if (Crc32c(block.records) != block.commit.crc32c) return std::nullopt;
  return block;
}

Result<std::vector<Record>> ParseRecords(std::string_view lines) {
  std::vector<Record> records;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
    FRESHET_TRY(auto record, ParseRecordLine(lines.substr(0, end)));
    records.push_back(std::move(record));
    lines.remove_prefix(end + 1);
  }
  return records;
}

/// Reads a file block by block, from its start. A block that is cut off or damaged ends it.
class BlockScanner {
 public:
  BlockScanner(const Descriptor& file, std::uint64_t size, Compression compression)
      : file_(file), size_(size), compression_(compression), decoder_(MakeDecompressor(compression)) {}

  Result<std::optional<FileBlock>> Next() {
    text_.clear();
    const std::uint64_t start = position_;
    FRESHET_TRY(const bool whole, compression_ == Compression::kNone ? TakeLines() : TakeMember());
    if (!whole) return std::optional<FileBlock>();
    const auto split = SplitBlock(text_);
    if (!split) return std::optional<FileBlock>();
    auto records = ParseRecords(split->records);
    if (!records.ok() || records->size() != split->commit.records) return std::optional<FileBlock>();
    FileBlock block{split->commit.transaction, split->commit.next, split->commit.next, 0, start,
                    position_ - start};
    if (!records->empty()) block.base = records->front().offset.value;
    for (const auto& record : *records) block.max_time_ms = std::max(block.max_time_ms, record.timestamp.ms);
    return std::optional<FileBlock>(block);
  }

 private:
  /// More of the file in input_; false at its end.
  Result<bool> More() {
    const std::uint64_t left = size_ - read_;
    if (left == 0) return false;
    FRESHET_TRY(const auto bytes, file_.ReadAt(read_, std::min<std::uint64_t>(left, kScanBytes)));
    read_ += bytes.size();
    input_.erase(0, used_);
    used_ = 0;
    input_ += bytes;
    return true;
  }
  /// Plain: lines up to a commit line.
  Result<bool> TakeLines() {
    std::size_t from = used_;
    while (true) {
      const std::size_t end = input_.find('\n', from);
      if (end == std::string::npos) {
        const std::size_t searched = input_.size() - used_;
        FRESHET_TRY(const bool more, More());
        if (!more) return false;
        from = used_ + searched;
        continue;
      }
      const std::size_t line_start = used_;
      const std::string_view line = std::string_view(input_).substr(line_start, end - line_start);
      const bool commits = line.starts_with("{\"commit\":");
      text_.append(line).push_back('\n');
      used_ = end + 1;
      position_ += line.size() + 1;
      from = used_;
      if (commits) return true;
    }
  }
  /// Compressed: one member.
  Result<bool> TakeMember() {
    while (true) {
      if (used_ == input_.size()) {
        FRESHET_TRY(const bool more, More());
        if (!more) return false;
      }
      const auto progress = decoder_->Decode(std::string_view(input_).substr(used_), text_);
      if (!progress.ok()) return false;
      used_ += progress->consumed;
      position_ += progress->consumed;
      if (progress->member_ended) return true;
      if (progress->consumed > 0) continue;
      FRESHET_TRY(const bool more, More());
      if (!more) return false;
    }
  }

  const Descriptor& file_;
  const std::uint64_t size_;
  const Compression compression_;
  std::unique_ptr<Decompressor> decoder_;
  std::string input_;
  std::size_t used_ = 0;        // of input_
  std::uint64_t read_ = 0;      // of the file, into input_
  std::uint64_t position_ = 0;  // of the file, up to the end of what was taken
  std::string text_;
};

}  // namespace

Result<std::string> MakeBlock(std::vector<Record> records, FileBlock& block, Compression compression) {
  std::string text;
  block.next = block.base;
  for (auto& record : records) {
    record.offset = {block.next++};
    block.max_time_ms = std::max(block.max_time_ms, record.timestamp.ms);
    text += FormatRecordLine(record);
    text += '\n';
  }
  const auto count = static_cast<std::uint32_t>(records.size());
  text += FormatCommitLine({block.transaction, block.next, count, Crc32c(text)});
  text += '\n';
  std::string bytes;
  FRESHET_CHECK(MakeCompressor(compression)->Encode(text, true, bytes));
  return bytes;
}

PartitionFile::PartitionFile(Descriptor file, Compression compression)
    : file_(std::move(file)), compression_(compression) {}

Result<PartitionFile> PartitionFile::Open(const std::string& path, Compression compression,
                                          std::uint64_t committed_bytes) {
  FRESHET_TRY(auto opened, Descriptor::Open(path, O_RDWR | O_CREAT | O_APPEND));
  PartitionFile file(std::move(opened), compression);
  FRESHET_TRY(const std::uint64_t size, file.file_.Size());
  if (size > committed_bytes) {
    LogWarn("cut off the end of a file that no commit covers",
            {{"file", path}, {"bytes", size - committed_bytes}});
    FRESHET_CHECK(file.file_.Truncate(committed_bytes));
  }
  FRESHET_CHECK(file.Scan(committed_bytes));
  return file;
}

Result<void> PartitionFile::Scan(std::uint64_t bytes) {
  FRESHET_TRY(const std::uint64_t size, file_.Size());
  BlockScanner scanner(file_, size, compression_);
  while (end_ < size) {
    FRESHET_TRY(const auto block, scanner.Next());
    if (!block || block->base != High()) break;
    blocks_.push_back(*block);
    end_ = block->position + block->bytes;
  }
  if (end_ == bytes) return {};
  return MakeError(ErrorCode::kCorrupt, file_.path() + " is damaged behind byte " + std::to_string(end_) +
                                            " of " + std::to_string(bytes) + "; restore it from a copy");
}

Result<void> PartitionFile::Append(std::string_view bytes) {
  auto written = file_.Write(bytes);
  if (written.ok()) return {};
  FRESHET_CHECK(Discard());
  return written;
}

void PartitionFile::Add(FileBlock block, std::uint64_t bytes) {
  block.position = end_;
  block.bytes = bytes;
  end_ += bytes;
  blocks_.push_back(block);
}

Result<void> PartitionFile::Discard() { return file_.Truncate(end_); }

Result<std::vector<Record>> PartitionFile::ReadBlock(const FileBlock& block) const {
  FRESHET_TRY(const auto bytes, file_.ReadAt(block.position, block.bytes));
  std::string text;
  const auto progress = MakeDecompressor(compression_)->Decode(bytes, text);
  if (!progress.ok()) return progress.error().Within(file_.path());
  const auto split = SplitBlock(text);
  if (!split) {
    return MakeError(ErrorCode::kCorrupt, file_.path() + ": the transaction at byte " +
                                              std::to_string(block.position) +
                                              " is damaged; restore the file");
  }
  auto records = ParseRecords(split->records);
  if (!records.ok()) return records.error().Within(file_.path());
  return std::move(*records);
}

}  // namespace freshet
