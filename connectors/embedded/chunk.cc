#include "connectors/embedded/chunk.h"

#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/hash.h"

namespace freshet::embedded {
namespace {

constexpr std::uint8_t kPlainVersion = 1;
constexpr std::uint8_t kPackedVersion = 2;
constexpr std::size_t kCheckedFrom = 1 + 4;  // version and CRC stand outside the CRC
constexpr std::size_t kHeaderBytes = kCheckedFrom + 4 + 4 + 8 + 8 + 8;
constexpr std::size_t kSizeBytes = 4;               // of the unpacked records, before the packed ones
constexpr std::size_t kPackedFromBytes = 512;       // less is not worth the two calls
constexpr std::size_t kUnpackedBytesMax = 1 << 30;  // above any chunk: a size beyond it is damage
constexpr std::size_t kKeptBytesMax = 1 << 20;

void AppendNullable(ByteWriter& to, const std::optional<std::string_view>& bytes) {
  to.Varint(bytes ? bytes->size() + 1 : 0);
  if (bytes) to.Raw(*bytes);
}

std::optional<std::string_view> ReadNullable(ByteReader& from) {
  const std::uint64_t size = from.Varint();
  if (size == 0) return std::nullopt;
  return from.Raw(size - 1);
}

/// The encoded headers at the front of `left`; `from` is moved behind them.
std::string_view SkipHeaders(ByteReader& from, std::string_view left) {
  const std::uint64_t count = from.Varint();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    from.Bytes();
    from.Bytes();
  }
  return left.substr(0, left.size() - from.left());
}

std::string EncodeChunkHeader(const ChunkHeader& header) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(header.count);
  to.Fixed(header.last);
  to.Fixed(header.base_time_ms);
  to.Fixed(header.max_time_ms);
  to.Fixed(header.tombstones_since_ms);
  return bytes;
}

Error Damaged(std::string_view why) {
  return MakeError(ErrorCode::kCorrupt, "a chunk of the embedded log is damaged: " + std::string(why));
}

/// A packed chunk with room for its header; empty where packing saves nothing.
std::string Pack(std::string_view records) {
  std::string packed;
  if (records.size() < kPackedFromBytes || records.size() > kUnpackedBytesMax) return packed;
  const int bound = LZ4_compressBound(static_cast<int>(records.size()));
  packed.resize(kHeaderBytes + kSizeBytes + static_cast<std::size_t>(bound));
  constexpr int kAcceleration = 8;  // models are floats, which do not shrink, and lists shrink anyway
  const int size = LZ4_compress_fast(records.data(), packed.data() + kHeaderBytes + kSizeBytes,
                                     static_cast<int>(records.size()), bound, kAcceleration);
  if (size <= 0 || kSizeBytes + static_cast<std::size_t>(size) >= records.size()) return {};
  const auto unpacked = static_cast<std::uint32_t>(records.size());
  std::memcpy(packed.data() + kHeaderBytes, &unpacked, kSizeBytes);
  packed.resize(kHeaderBytes + kSizeBytes + static_cast<std::size_t>(size));
  packed.shrink_to_fit();  // it is kept in memory for the readers
  return packed;
}

Result<std::string> Unpack(std::string_view body) {
  std::uint32_t size = 0;
  if (body.size() < kSizeBytes) return Damaged("it ends before its records");
  std::memcpy(&size, body.data(), kSizeBytes);
  body.remove_prefix(kSizeBytes);
  if (size > kUnpackedBytesMax) return Damaged("its records claim " + std::to_string(size) + " bytes");
  std::string records(size, '\0');
  const int unpacked =
      LZ4_decompress_safe(body.data(), records.data(), static_cast<int>(body.size()), static_cast<int>(size));
  if (unpacked < 0 || static_cast<std::uint32_t>(unpacked) != size) {
    return Damaged("its records do not unpack");
  }
  return records;
}

/// Writes version, CRC and header into the room at the front.
void Seal(std::string& chunk, std::uint8_t version, std::string_view header) {
  chunk.replace(kCheckedFrom, header.size(), header);
  chunk[0] = static_cast<char>(version);
  const std::uint32_t crc = Crc32c(std::string_view(chunk).substr(kCheckedFrom));
  std::memcpy(chunk.data() + 1, &crc, sizeof(crc));
}

}  // namespace

std::string EncodeHeaders(const std::vector<Header>& headers) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Varint(headers.size());
  for (const auto& header : headers) {
    to.Bytes(header.name);
    to.Bytes(header.value);
  }
  return bytes;
}

std::vector<Header> DecodeHeaders(std::string_view encoded) {
  ByteReader from(encoded);
  std::vector<Header> headers;
  for (std::uint64_t count = from.Varint(); count > 0 && from.ok(); --count) {
    const auto name = from.Bytes();
    const auto value = from.Bytes();
    headers.push_back({std::string(name), std::string(value)});
  }
  return headers;
}

Result<ChunkHeader> ReadChunkHeader(std::string_view chunk) {
  if (chunk.size() < kHeaderBytes) return Damaged("it ends inside its header");
  const auto version = static_cast<std::uint8_t>(chunk[0]);
  if (version != kPlainVersion && version != kPackedVersion)
    return Damaged("its version is " + std::to_string(version));
  ByteReader from(chunk.substr(kCheckedFrom));
  ChunkHeader header;
  header.count = from.Fixed<std::uint32_t>();
  header.last = from.Fixed<std::uint32_t>();
  header.base_time_ms = from.Fixed<std::int64_t>();
  header.max_time_ms = from.Fixed<std::int64_t>();
  header.tombstones_since_ms = from.Fixed<std::int64_t>();
  return header;
}

void ChunkBuilder::Add(std::uint32_t relative, const RecordView& record) {
  if (header_.count == 0) {
    FRESHET_ASSERT(relative == 0);
    bytes_.assign(kHeaderBytes, '\0');
    header_.base_time_ms = record.time_ms;
    header_.max_time_ms = record.time_ms;
  }
  header_.last = relative;
  header_.max_time_ms = std::max(header_.max_time_ms, record.time_ms);
  ++header_.count;
  ByteWriter to(bytes_);
  to.Varint(relative);
  to.Signed(record.time_ms - header_.base_time_ms);
  AppendNullable(to, record.key);
  AppendNullable(to, record.value);
  to.Raw(record.headers);
}

std::string ChunkBuilder::Finish() {
  FRESHET_ASSERT(!empty());
  const std::string header = EncodeChunkHeader(std::exchange(header_, {}));
  std::string packed = Pack(std::string_view(bytes_).substr(kHeaderBytes));
  if (packed.empty()) {
    Seal(bytes_, kPlainVersion, header);
    return std::exchange(bytes_, {});
  }
  Seal(packed, kPackedVersion, header);
  if (bytes_.capacity() > kKeptBytesMax) bytes_ = {};
  bytes_.clear();
  return packed;
}

ChunkReader::ChunkReader(std::shared_ptr<const std::string> bytes, std::string_view records,
                         std::int64_t base, ChunkHeader header)
    : bytes_(std::move(bytes)), left_(records), base_(base), header_(header) {}

Result<ChunkReader> ChunkReader::Open(std::shared_ptr<const std::string> bytes, std::int64_t base,
                                      Check check) {
  FRESHET_TRY(const auto header, ReadChunkHeader(*bytes));
  if (check == Check::kVerify) {
    std::uint32_t stored = 0;
    std::memcpy(&stored, bytes->data() + 1, sizeof(stored));
    const std::uint32_t crc = Crc32c(std::string_view(*bytes).substr(kCheckedFrom));
    if (crc != stored) return Damaged("its checksum does not fit; restore the log from a copy");
  }
  std::string_view records = std::string_view(*bytes).substr(kHeaderBytes);
  if (static_cast<std::uint8_t>((*bytes)[0]) == kPackedVersion) {
    FRESHET_TRY(std::string unpacked, Unpack(records));
    bytes = std::make_shared<const std::string>(std::move(unpacked));
    records = *bytes;
  }
  return ChunkReader(std::move(bytes), records, base, header);
}

Result<std::optional<RecordView>> ChunkReader::Next() {
  if (read_ == header_.count) return std::optional<RecordView>();
  ++read_;
  ByteReader from(left_);
  RecordView record;
  record.offset = base_ + static_cast<std::int64_t>(from.Varint());
  record.time_ms = header_.base_time_ms + from.Signed();
  record.key = ReadNullable(from);
  record.value = ReadNullable(from);
  record.headers = SkipHeaders(from, left_.substr(left_.size() - from.left()));
  if (!from.ok()) return Damaged("it ends inside a record");
  left_.remove_prefix(left_.size() - from.left());
  return std::optional<RecordView>(record);
}

}  // namespace freshet::embedded
