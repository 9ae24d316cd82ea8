#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

struct Header {
  std::string name;
  std::string value;  ///< bytes
  bool operator==(const Header&) const = default;
};

/// A record as read from a log. Owns its bytes.
struct Record {
  std::uint32_t source = 0;  ///< index into the positions given to Reader::Assign
  Offset offset;
  Timestamp timestamp;               ///< the log's own time of the record
  std::optional<std::string> key;    ///< bytes; absent = null
  std::optional<std::string> value;  ///< bytes; absent = null (a tombstone)
  std::vector<Header> headers;
};

/// A record to append. The partition is explicit: the caller chooses it (see base/hash.h, PartitionForKey).
struct OutputRecord {
  TopicPartition to;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<Header> headers;
  std::optional<Timestamp> timestamp;  ///< absent: the log's clock
};

}  // namespace freshet
