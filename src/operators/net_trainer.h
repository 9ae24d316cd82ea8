#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/net_table.h"
#include "models/next_item_net.h"
#include "operators/net_lesson.h"

namespace freshet {

struct NetTrainingOptions {
  NextItemNetOptions net;
  /// Lessons of one batch that are trained with; of more, an even sample, so that a queue drains. The others
  /// are remembered as the users' pasts.
  std::size_t steps_max = 1024;
  /// Lessons between two publications, or a quarter of the items if that is more: about 0.5 KB a lesson. Less
  /// while the network is young.
  std::size_t publish_every = 1024;
  /// Lessons between two checkpoints, or the number of items if that is more; what is pending is trained with
  /// again after a restart, so the largest number bounds its time (about 40 us each).
  std::size_t checkpoint_every = 8192;
  std::size_t checkpoint_every_max = 131'072;
};

/// The network with its schedule: trains by batches, and knows what changed since it was last published and
/// since it was last written. A function of the batches alone. One thread.
class NetTrainer final {
 public:
  explicit NetTrainer(const NetTrainingOptions& options);
  /// Goes on with a network as of its last checkpoint.
  NetTrainer(const NetTrainingOptions& options, std::unique_ptr<NextItemNet> net);

  void Learn(std::span<const NetLesson> batch);

  bool PublicationDue() const;
  /// Chunks that changed since the last call, by number; they then count as published.
  std::vector<std::size_t> TakeChangedChunks();
  NetChunk ChunkAt(std::size_t number) const;

  bool CheckpointDue() const;
  /// Rows that changed since the last call; they then count as written.
  struct Changes {
    std::vector<std::uint32_t> items;
    std::vector<std::uint64_t> users;  ///< those that the network no longer knows were forgotten
    std::vector<std::size_t> ring_rows;
  };
  Changes TakeChanges();

  const NextItemNet& net() const { return *net_; }

 private:
  static constexpr std::uint8_t kUnpublished = 1;
  static constexpr std::uint8_t kUnwritten = 2;
  void MarkChanged(std::span<const std::uint32_t> items);

  NetTrainingOptions options_;
  std::unique_ptr<NextItemNet> net_;
  std::vector<std::uint8_t> changed_;  ///< by item
  std::size_t unpublished_lessons_ = 0;
  std::size_t unwritten_lessons_ = 0;
  std::uint64_t written_events_ = 0;
};

}  // namespace freshet
