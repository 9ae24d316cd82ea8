#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

/// Where tools send records of input topics. Used by one thread; blocks.
class EventSender {
 public:
  virtual ~EventSender() = default;
  /// Returns when all are durable. An error: some may be.
  virtual Result<void> Send(std::vector<OutputRecord> records) = 0;
  /// Partitions of a topic, by which its records are to be placed.
  virtual Result<std::int32_t> Partitions(const std::string& role) = 0;
};

/// Kafka, or the embedded log, whose topics are created where they are missing; or, where a running instance
/// holds the embedded log, that instance by HTTP. On Kafka a missing topic is an error that says how to
/// create it. An instance checks the events that it is sent unless `checked` is false.
Result<std::unique_ptr<EventSender>> OpenEventSender(const Config& config, bool checked = true);

/// Records and bytes that are sent in one go by tools: few enough for one HTTP request.
inline constexpr std::size_t kSendRecordsMax = 2'000;
inline constexpr std::size_t kSendBytesMax = 2 << 20;

}  // namespace freshet
