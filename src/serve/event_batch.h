#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
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

/// Checks events before they are appended, with the decoder that will read them later and the limit on times
/// in the future (DecoderOptions::future_ms_max, from now), and gives each the key of its owner (user; item
/// in the catalogue). Used by one thread at a time.
class EventBatcher final {
 public:
  /// `clock` is borrowed.
  explicit EventBatcher(DecoderOptions options, const Clock& clock = SystemClock())
      : clock_(clock), future_ms_max_(options.future_ms_max), decoder_(std::move(options)) {}
  /// `first_line` numbers the rejections.
  EventBatch Prepare(const EventTopic& topic, std::vector<std::string> payloads, std::size_t first_line = 1);
  /// Refuses nothing: good events keep their owner's key, and what cannot be read goes where its bytes say,
  /// where the task makes a dead letter of it.
  EventBatch PrepareUnchecked(const EventTopic& topic, std::vector<std::string> payloads);

 private:
  /// The event's time, where it is not let through.
  std::optional<Timestamp> Future(const Event& event, Timestamp now) const;

  const Clock& clock_;
  std::optional<std::int64_t> future_ms_max_;
  Decoder decoder_;
};

}  // namespace freshet
