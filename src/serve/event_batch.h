#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/decoder.h"
#include "freshet/record.h"
#include "serve/backend.h"

namespace freshet {

/// An input topic: what its events are, its name on the log and how many partitions it has.
struct EventTopic {
  std::string role;
  std::string name;
  std::int32_t partitions = 1;
};

struct EventBatch {
  std::vector<OutputRecord> records;      ///< accepted events, keyed and with their partition
  std::vector<LineRejection> rejections;  ///< the same that a dead letter would say
};

/// Checks events before they are appended, with the decoder that will read them later, and gives each the key
/// of its owner (user; item in the catalogue). Used by one thread at a time.
class EventBatcher final {
 public:
  explicit EventBatcher(DecoderOptions options) : decoder_(std::move(options)) {}
  /// `first_line` numbers the rejections.
  EventBatch Prepare(const EventTopic& topic, std::vector<std::string> payloads, std::size_t first_line = 1);
  /// Refuses nothing: good events keep their owner's key, and what cannot be read goes where its bytes say,
  /// where the task makes a dead letter of it.
  EventBatch PrepareUnchecked(const EventTopic& topic, std::vector<std::string> payloads);

 private:
  Decoder decoder_;
};

}  // namespace freshet
