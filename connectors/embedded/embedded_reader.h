#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/embedded/chunk.h"
#include "connectors/embedded/topic_store.h"
#include "freshet/log.h"

namespace freshet::embedded {

/// Reads from the store's tail in memory where it can, else from the database.
class EmbeddedReader final : public Reader {
 public:
  explicit EmbeddedReader(TopicStore& store);
  ~EmbeddedReader() override;
  Result<void> Assign(std::vector<Position> positions) override;
  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override;

 private:
  /// A walk over a partition's chunks on disk, which sees all records below `high`.
  struct Walk {
    std::unique_ptr<Cursor> cursor;
    std::int64_t high = 0;
  };
  struct Place {
    TopicPartition name;
    PartitionHandle partition;  // null: does not exist
    std::int64_t next = 0;
    std::optional<ChunkReader> chunk;      // being read
    std::optional<RecordView> record;      // read from it and not yet delivered
    std::optional<std::int64_t> ended_at;  // the end that was reported
  };
  struct Budget {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };

  Result<PollResult> Collect(const PollLimits& limits);
  Result<void> ReadPlace(std::uint32_t source, Budget& budget, PollResult& into);
  /// True when the chunk is used up, false when the budget is.
  Result<bool> DrainChunk(std::uint32_t source, Budget& budget, PollResult& into);
  /// Finds the next chunk; false at the end of the partition.
  Result<bool> NextChunk(Place& place, Walk& walk);
  Result<void> OpenFromDisk(Place& place, Walk& walk, const PartitionMarks& marks);
  void Release();

  TopicStore& store_;
  Waiter waiter_;
  std::vector<Place> places_;
  std::size_t first_ = 0;  // the place that Poll serves first: they take turns
};

}  // namespace freshet::embedded
