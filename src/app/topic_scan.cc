#include "app/topic_scan.h"

#include <set>
#include <vector>

namespace freshet {
namespace {

constexpr std::chrono::milliseconds kPoll{200};

Result<std::vector<Position>> StartPositions(Log& log, const std::string& topic, const ScanOptions& options) {
  FRESHET_TRY(const TopicDescription described, log.Describe(topic));
  std::vector<Position> positions;
  for (std::int32_t p = 0; p < described.partitions; ++p) {
    const TopicPartition from{topic, {p}};
    FRESHET_TRY(const Watermarks marks, log.QueryWatermarks(from, Isolation::kReadCommitted));
    Offset start = marks.low;
    if (options.since) {
      FRESHET_TRY(const Offset found, log.OffsetForTime(from, *options.since));
      start = std::max(start, std::min(found, marks.high));
    }
    positions.push_back({from, start});
  }
  return positions;
}

}  // namespace

Result<void> ScanTopic(Log& log, const std::string& topic, const ScanOptions& options, const RecordSink& sink,
                       const IdleSink& idle) {
  FRESHET_TRY(const auto positions, StartPositions(log, topic, options));
  FRESHET_TRY(const auto reader, log.OpenReader({}));
  FRESHET_CHECK(reader->Assign(positions));
  std::set<std::uint32_t> ended;
  while (options.follow || ended.size() < positions.size()) {
    FRESHET_TRY(const PollResult polled, reader->Poll(kPoll, {}));
    for (const Record& record : polled.records) {
      if (options.since && record.timestamp < *options.since) continue;
      FRESHET_TRY(const bool more, sink(positions[record.source].from, record));
      if (!more) return {};
    }
    for (const EndOfPartition& end : polled.ends) ended.insert(end.source);
    if (idle) {
      FRESHET_TRY(const bool more, idle());
      if (!more) return {};
    }
  }
  return {};
}

}  // namespace freshet
