#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

#include "connectors/embedded/compaction.h"
#include "connectors/embedded/topic_store.h"

namespace freshet::embedded {

/// Retention, compaction, the chunks of deleted topics, and syncing by interval. One step at a time; a thread
/// of its own takes them until it is destroyed.
class Maintenance final {
 public:
  explicit Maintenance(TopicStore& store);
  ~Maintenance();
  /// Starts the thread, where the options want one.
  void Start();
  /// One bounded step; true when work is left. Thread-safe.
  Result<bool> Step(Timestamp now);

 private:
  void Run();
  /// False when stopping.
  bool Pause(std::chrono::milliseconds duration);
  Result<std::size_t> RemoveGarbage(std::size_t bytes_max);
  Result<std::size_t> ExpirePartitions(Timestamp now, std::size_t bytes_max);
  Result<std::size_t> Expire(PartitionLog& partition, Timestamp now, std::size_t bytes_max);
  Result<bool> Compact(Timestamp now, std::size_t bytes_max);
  PartitionHandle NextToCompact();

  TopicStore& store_;
  std::mutex step_mutex_;  // guards what follows
  std::unique_ptr<CompactionPass> pass_;
  bool compacts_ = false;         // RocksDB in the background
  std::size_t next_expired_ = 0;  // partitions take turns
  std::size_t next_compacted_ = 0;

  std::mutex stop_mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace freshet::embedded
