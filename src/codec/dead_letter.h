#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/event.h"
#include "freshet/ids.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

/// What a dead letter takes from a record at most, so that it always fits where the record fitted (base64
/// adds a third, and Kafka's default limit is 1 MiB). What is cut is marked `truncated`.
struct DeadLetterLimits {
  std::size_t payload_bytes_max = 600 << 10;
  std::size_t headers_bytes_max = 16 << 10;
  std::size_t key_bytes_max = 4 << 10;
};

/// A refused record: why, where it stood and what it was. A record of the topic dead-letters.
struct DeadLetter {
  Rejection rejection;
  TopicPartition from;
  Offset offset;
  Timestamp timestamp;  ///< the record's
  std::optional<std::string> key;
  std::vector<Header> headers;
  std::optional<std::string> payload;  ///< absent: the value was null
  bool truncated = false;
  Timestamp first_seen;
  std::int64_t count = 1;
};

/// The values of Rejection::reason_code.
const std::vector<std::string>& RejectionReasons();

/// Value (schemas/dead-letter.schema.json) and headers of one record. Its key is the refused record's.
struct EncodedDeadLetter {
  std::string value;
  std::vector<Header> headers;
};

/// A function of its arguments alone, so that a replay gives the same bytes: first_seen is the record's time.
/// The headers repeat the value's fields as text, for people with a console consumer: reason_code, path,
/// message, fix_hint, adapter, first_seen, count, original.topic, original.partition, original.offset,
/// original.timestamp and original.key (where there is one).
EncodedDeadLetter EncodeDeadLetter(const Rejection& rejection, const TopicPartition& from,
                                   const Record& record, const DeadLetterLimits& limits = {});

/// kInvalidArgument names the fault. For tools: list, show, send again.
Result<DeadLetter> DecodeDeadLetter(std::string_view json);

}  // namespace freshet
