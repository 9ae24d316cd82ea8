#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "engine/topology.h"
#include "freshet/log.h"
#include "state/map_state.h"
#include "state/progress_record.h"
#include "view/item_view_builder.h"

namespace freshet {

/// Reads one partition in order, exact ranges at a time. Blocks until the range is there.
class RangeReader final {
 public:
  static Result<std::unique_ptr<RangeReader>> Open(Log& log, const TopicPartition& from, Offset start);
  /// Committed records with offset in [.., next) that were not taken yet. kOutOfRange when the log ends
  /// before.
  Result<std::vector<Record>> TakeUntil(Offset next);

 private:
  RangeReader(std::unique_ptr<Reader> reader, TopicPartition from, Offset start)
      : reader_(std::move(reader)), from_(std::move(from)), reached_(start) {}
  std::unique_ptr<Reader> reader_;
  TopicPartition from_;
  Offset reached_;
  std::vector<Record> ahead_;  ///< polled, beyond the last range
};

/// Runs one task again from its inputs and its recorded schedule: single-threaded, without state on disk and
/// without writing anything. What it computes must equal what the task computed, byte for byte.
class TaskReplay final {
 public:
  struct Options {
    Partition partition;
    ItemViewOptions view;
  };
  /// What one batch should have written.
  struct ReplayedBatch {
    const ProgressRecord* progress = nullptr;
    std::uint64_t changelog_records = 0;
    std::uint32_t changelog_crc = 0;
    const Batch* batch = nullptr;
  };

  TaskReplay(Log& log, const Topology& topology, const OperatorSpec& spec, Options options);
  /// Opens the inputs where the first batch of `schedule` starts. The state must be empty before it.
  Result<void> Open(const ProgressRecord& first);
  Result<void> Run(const ProgressRecord& progress, const std::function<void(const ReplayedBatch&)>& visit);
  const MapState& state() const { return state_; }

 private:
  Result<std::shared_ptr<const ItemSnapshot>> PinnedView(const ProgressRecord& progress);
  Log& log_;
  const Topology& topology_;
  const OperatorSpec& spec_;
  Options options_;
  std::vector<std::string> input_topics_;
  std::vector<std::unique_ptr<RangeReader>> inputs_;
  std::vector<std::unique_ptr<RangeReader>> view_inputs_;
  ItemViewBuilder builder_;
  MapState state_;
  Overlay overlay_;
  std::unique_ptr<Operator> operator_;
  Timestamp watermark_;
};

}  // namespace freshet
