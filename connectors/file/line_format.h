#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

// The lines of a partition's file. One form only, so that the checksum of a transaction is that of its bytes:
//
//   {"offset":0,"timestamp":1700000000000,"key":"u1","value":"{\"a\":1}","headers":[["name","value"]]}
//   {"commit":1,"next":1,"records":1,"crc32c":"00c0ffee"}
//
// A key or value is null, a string, or {"base64":"..."} where the bytes are not UTF-8; a header's name and
// value are strings or base64 likewise. Strings escape ", \ and bytes below 0x20. A commit line ends each
// transaction: its number, the offset behind its last record, the count of its records here, and the CRC-32C
// of their lines.

struct CommitLine {
  std::uint64_t transaction = 0;
  std::int64_t next = 0;
  std::uint32_t records = 0;
  std::uint32_t crc32c = 0;
};

/// Both without a line feed. `record.source` is not written.
std::string FormatRecordLine(const Record& record);
std::string FormatCommitLine(const CommitLine& commit);

/// kCorrupt: not such a line.
Result<Record> ParseRecordLine(std::string_view line);
/// Nullopt: some other line. kCorrupt: begun as a commit line.
Result<std::optional<CommitLine>> ParseCommitLine(std::string_view line);

}  // namespace freshet
