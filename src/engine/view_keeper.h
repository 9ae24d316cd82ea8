#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "freshet/log.h"
#include "view/view_checkpoint.h"

namespace freshet {

/// Keeps checkpoints of the view in a local file, so that a start reads the end of the item model and not all
/// of it. Used by the thread of the view; files are written by a thread of their own, one at a time.
class ViewKeeper final {
 public:
  struct Options {
    std::string path;   ///< of the file; empty: nothing is kept
    std::string topic;  ///< item model
    std::int32_t partitions = 1;
    std::chrono::milliseconds interval{10'000};  ///< between two checkpoints, at least
    std::uint64_t records_min = 20'000;          ///< read since the last one, at least
  };
  ViewKeeper(Options options, MetricsRegistry& metrics, const Clock& clock);
  ~ViewKeeper();

  using Take = std::function<void(Partition, Record)>;
  /// Hands the checkpoint to `take` where there is one that fits the topic as it is now, and returns where to
  /// go on. Absent: there is none, or it was damaged, and what was taken is not to be used.
  /// `targets`: ends of the partitions from before anything of this process wrote to them.
  Result<std::optional<std::vector<Offset>>> Load(Log& log, const std::vector<Offset>& targets,
                                                  const Take& take);

  void Read(const Record& record, Partition partition);
  /// Called with each new version: begins a checkpoint when one is due.
  void Offer(const std::shared_ptr<const ItemSnapshot>& view);
  /// Writes what is not kept yet and waits for it. Nothing may be offered afterwards.
  void Finish(const std::shared_ptr<const ItemSnapshot>& view);

 private:
  void Write(const std::shared_ptr<const ItemSnapshot>& view);
  bool Fits(const ViewCheckpointHead& head, const std::vector<Watermarks>& marks,
            std::chrono::milliseconds age_max) const;
  Result<bool> HasHistory(Log& log, const ViewCheckpointHead& head) const;

  const Options options_;
  const Clock& clock_;
  Counter& written_;
  Counter& failed_;
  std::optional<ViewCheckpointHead> head_;  ///< of this topic; absent before Load
  GlobalRecords globals_;
  std::uint64_t records_ = 0;  ///< read since the last checkpoint
  std::chrono::nanoseconds written_at_{0};
  std::atomic<bool> writing_{false};
  std::thread writer_;
};

}  // namespace freshet
