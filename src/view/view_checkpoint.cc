#include "view/view_checkpoint.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/bytes.h"
#include "base/hash.h"
#include "view/item_model_codec.h"
#include "view/session_codec.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::uint32_t kBlockBytesMax = 64 << 20;  // one item is a few kilobytes
constexpr std::uint32_t kEnd = 0xffffffff;          // no zeros: a file may have a hole after a power cut
constexpr std::uint64_t kPartitionsMax = 1 << 20;

Error Damaged(const std::string& path) {
  return MakeError(ErrorCode::kCorrupt, "view checkpoint " + path + " is damaged or of another version");
}

std::string EncodeHead(const ViewCheckpointHead& head) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(kVersion);
  to.Bytes(head.cluster_id);
  to.Bytes(head.topic);
  to.Bytes(head.topic_id);
  to.Signed(head.written.ms);
  to.Varint(head.next.size());
  for (const Offset next : head.next) to.Signed(next.value);
  for (const ViewCheckpointHead::Last& last : head.last) {
    to.Signed(last.offset.value);
    to.Fixed(last.crc);
  }
  return bytes;
}

std::optional<ViewCheckpointHead> DecodeHead(std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kVersion) return std::nullopt;
  ViewCheckpointHead head;
  head.cluster_id = from.Bytes();
  head.topic = from.Bytes();
  head.topic_id = from.Bytes();
  head.written.ms = from.Signed();
  const std::uint64_t partitions = from.Varint();
  if (partitions > kPartitionsMax) return std::nullopt;
  for (std::uint64_t p = 0; p < partitions && from.ok(); ++p) head.next.push_back({from.Signed()});
  for (std::uint64_t p = 0; p < partitions && from.ok(); ++p) {
    const Offset offset{from.Signed()};
    head.last.push_back({offset, from.Fixed<std::uint32_t>()});
  }
  if (!from.ok() || from.left() != 0) return std::nullopt;
  return head;
}

class BlockWriter final {
 public:
  explicit BlockWriter(const std::string& path) : file_(path, std::ios::binary | std::ios::trunc) {}
  void Entry(std::int32_t partition, std::string_view key, std::string_view value) {
    ByteWriter to(open_);
    to.Varint(static_cast<std::uint64_t>(partition));
    to.Bytes(key);
    to.Bytes(value);
    ++entries_;
    if (open_.size() >= kBlockBytes) Flush();
  }
  void Block(std::string_view payload) {
    std::string frame;
    ByteWriter to(frame);
    to.Fixed(static_cast<std::uint32_t>(payload.size()));
    to.Fixed(Crc32c(payload));
    file_.write(frame.data(), static_cast<std::streamsize>(frame.size()));
    file_.write(payload.data(), static_cast<std::streamsize>(payload.size()));
  }
  bool Finish() {
    Flush();
    std::string end;
    ByteWriter to(end);
    to.Fixed(kEnd);
    to.Fixed(entries_);
    file_.write(end.data(), static_cast<std::streamsize>(end.size()));
    file_.close();
    return !file_.fail();
  }

 private:
  void Flush() {
    if (!open_.empty()) Block(open_);
    open_.clear();
  }
  std::ofstream file_;
  std::string open_;
  std::uint64_t entries_ = 0;
};

/// The payload of the next block; empty at the end, absent where the file is damaged. `entries` were read.
std::optional<std::string> ReadBlock(std::ifstream& file, std::uint64_t entries) {
  std::uint32_t size = 0;
  std::uint32_t crc = 0;
  if (!file.read(reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  if (size == kEnd) {
    std::uint64_t written = 0;
    const bool whole = file.read(reinterpret_cast<char*>(&written), sizeof written) && written == entries;
    return whole ? std::optional<std::string>(std::in_place) : std::nullopt;
  }
  if (size > kBlockBytesMax || !file.read(reinterpret_cast<char*>(&crc), sizeof crc)) return std::nullopt;
  std::string payload(size, '\0');
  if (!file.read(payload.data(), size) || Crc32c(payload) != crc) return std::nullopt;
  return payload;
}

Result<std::uint64_t> VisitEntries(const std::string& path, std::string_view payload,
                                   const ViewCheckpointVisitor& visitor) {
  ByteReader from(payload);
  std::uint64_t entries = 0;
  while (from.left() > 0) {
    const Partition partition{static_cast<std::int32_t>(from.Varint())};
    Record record;
    record.offset = {-1};  // it stands for no offset: the head tells how far the checkpoint goes
    record.key = std::string(from.Bytes());
    record.value = std::string(from.Bytes());
    if (!from.ok()) return Damaged(path);
    visitor.record(partition, std::move(record));
    ++entries;
  }
  return entries;
}

}  // namespace

Result<void> WriteViewCheckpoint(const std::string& path, const ViewCheckpointHead& head,
                                 const GlobalRecords& globals, const ItemSnapshot& view) {
  const std::string unfinished = path + ".new";
  std::error_code ignored;  // the write fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  BlockWriter writer(unfinished);
  writer.Block(EncodeHead(head));
  for (const auto& [key, value] : globals) writer.Entry(key.first, key.second, value);
  view.ForEachItem([&](const ItemModel& item) { writer.Entry(0, item.item_id, EncodeItemModel(item)); });
  view.ForEachSession([&](SessionKey key, const UserSession& session) {
    writer.Entry(0, EncodeSessionKey(key), EncodeSession(session));
  });
  const bool written = writer.Finish();
  std::error_code failed;
  if (written) std::filesystem::rename(unfinished, path, failed);
  if (written && !failed) return {};
  std::filesystem::remove(unfinished, ignored);
  return MakeError(ErrorCode::kIo, "view checkpoint " + path + " cannot be written: is the disk full?");
}

Result<bool> ReadViewCheckpoint(const std::string& path, const ViewCheckpointVisitor& visitor) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return MakeError(ErrorCode::kNotFound, "no view checkpoint " + path);
  const auto first = ReadBlock(file, 0);
  const auto head = first ? DecodeHead(*first) : std::nullopt;
  if (!head) return Damaged(path);
  if (!visitor.accept(*head)) return false;
  for (std::uint64_t entries = 0;;) {
    const auto payload = ReadBlock(file, entries);
    if (!payload) return Damaged(path);
    if (payload->empty()) return true;
    FRESHET_TRY(const std::uint64_t visited, VisitEntries(path, *payload, visitor));
    entries += visited;
  }
}

}  // namespace freshet
