#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet::embedded {

// A chunk is a run of consecutive records of one partition under one key. Its bytes do not depend on its
// base offset, so that a writer encodes before it knows where the records will stand.
//
//   chunk   = version:u8 crc32c:u32 header body             crc over everything behind it
//   header  = count:u32 last:u32 base_time:i64 max_time:i64 tombstones_since:i64
//   body    = records                                       version 1
//           | size:u32 and the LZ4 block of the records     version 2, where that is smaller
//   record  = offset - base:varint  time - base_time:signed  key:bytes?  value:bytes?  headers
//   bytes?  = 0:varint | size + 1:varint size*u8             0 is null
//   headers = count:varint (name:bytes value:bytes)*
//
// Numbers are little-endian. `last` is the last record's offset - base. `tombstones_since` is the wall time
// at which compaction first saw the chunk's tombstones, 0 before.

/// One record inside a chunk. Borrowed from the chunk's bytes.
struct RecordView {
  std::int64_t offset = 0;
  std::int64_t time_ms = 0;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::string_view headers;  ///< encoded
  std::size_t Bytes() const { return (key ? key->size() : 0) + (value ? value->size() : 0); }
};

/// What is known of a chunk without decoding its records.
struct ChunkHeader {
  std::uint32_t count = 0;
  std::uint32_t last = 0;
  std::int64_t base_time_ms = 0;
  std::int64_t max_time_ms = 0;
  std::int64_t tombstones_since_ms = 0;
};

std::string EncodeHeaders(const std::vector<Header>& headers);
std::vector<Header> DecodeHeaders(std::string_view encoded);

/// kCorrupt: too short or of an unknown version. Does not check the CRC.
Result<ChunkHeader> ReadChunkHeader(std::string_view chunk);

/// Collects records, in offset order, into the bytes of one chunk.
class ChunkBuilder final {
 public:
  /// `relative` = offset - base, rising; 0 for the first. The record's own offset is not looked at.
  void Add(std::uint32_t relative, const RecordView& record);
  void SetTombstonesSince(std::int64_t ms) { header_.tombstones_since_ms = ms; }
  bool empty() const { return header_.count == 0; }
  std::uint32_t Count() const { return header_.count; }
  /// Unpacked.
  std::size_t Bytes() const { return bytes_.size(); }
  /// The finished chunk; the builder is empty afterwards.
  std::string Finish();

 private:
  std::string bytes_;  ///< header and records, unpacked; its capacity serves the next chunk
  ChunkHeader header_;
};

/// Walks the records of a chunk. Owns or shares the bytes that its views borrow.
class ChunkReader final {
 public:
  enum class Check { kTrusted, kVerify };
  /// kCorrupt: the CRC or the version does not fit, or the records do not unpack.
  static Result<ChunkReader> Open(std::shared_ptr<const std::string> bytes, std::int64_t base, Check check);
  const ChunkHeader& header() const { return header_; }
  /// Offset behind the last record.
  std::int64_t NextOffset() const { return base_ + header_.last + 1; }
  /// The next record, or nullopt behind the last. kCorrupt: the bytes end early.
  Result<std::optional<RecordView>> Next();

 private:
  ChunkReader(std::shared_ptr<const std::string> bytes, std::string_view records, std::int64_t base,
              ChunkHeader header);
  std::shared_ptr<const std::string> bytes_;
  std::string_view left_;
  std::int64_t base_ = 0;
  ChunkHeader header_;
  std::uint32_t read_ = 0;
};

}  // namespace freshet::embedded
