#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "connectors/embedded/chunk.h"
#include "connectors/embedded/topic_store.h"

namespace freshet::embedded {

/// One pass over one partition: learns the latest offset of every key in the part that no pass has seen, then
/// rewrites the chunks below without the records that a later one replaced. Offsets stay, with gaps.
///
/// A tombstone stays for delete.retention.ms after the pass that first met it, so that a reader under way
/// still sees it; the record it deletes goes at once. Done in steps; a pass that is cut off (the process
/// ends) leaves a log that reads the same, and the next pass starts again.
class CompactionPass final {
 public:
  CompactionPass(TopicStore& store, PartitionHandle partition, Timestamp now);
  /// Whether enough is new in the partition to make a pass worth its writes.
  static bool Wanted(const Topic& topic, const PartitionMarks& marks);
  /// Reads about `bytes_max`; true when the pass is complete.
  Result<bool> Step(std::size_t bytes_max);
  const PartitionLog& partition() const { return *partition_; }

 private:
  enum class Phase { kLearn, kRewrite, kDone };
  /// Survivors of one chunk.
  struct Sifted {
    std::vector<RecordView> kept;
    bool tombstones = false;
    std::uint32_t dropped = 0;
  };
  Result<std::size_t> Learn(std::size_t bytes_max);
  Result<bool> LearnChunk(std::int64_t base, const ChunkBytes& bytes);
  Result<std::size_t> Rewrite(std::size_t bytes_max);
  Result<void> RewriteChunk(std::string_view key, const ChunkBytes& bytes);
  Result<Sifted> Sift(ChunkReader& reader) const;
  bool Superseded(const RecordView& record) const;
  Result<void> Keep(const Sifted& sifted, std::int64_t tombstones_since_ms);
  Result<void> Flush();
  Result<void> Complete();

  TopicStore& store_;
  const PartitionHandle partition_;
  const Timestamp now_;
  Phase phase_ = Phase::kLearn;
  BytesMap<std::int64_t> latest_;
  std::size_t latest_bytes_ = 0;
  std::int64_t position_ = 0;  // base of the next chunk to read
  std::int64_t end_ = 0;       // the pass covers what lies below
  std::int64_t clean_bytes_ = 0;

  // The chunk being put together out of the survivors of those in `replaced_`.
  ChunkBuilder open_;
  std::int64_t open_base_ = 0;
  std::int64_t open_since_ms_ = 0;
  std::vector<std::string> replaced_;
  std::int64_t replaced_bytes_ = 0;
};

}  // namespace freshet::embedded
