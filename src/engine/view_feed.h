#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "engine/view_keeper.h"
#include "engine/view_source.h"
#include "freshet/log.h"
#include "view/item_view_builder.h"
#include "view/newest_records.h"

namespace freshet {

/// Folds the topic `item-model` of all partitions into the view that tasks pin and queries read. One thread
/// steps it; Latest and CaughtUp may be called from any.
///
/// Until it has caught up it decodes the newest record of each item only. With a checkpoint of an earlier run
/// it begins where that ends.
class ViewFeed final : public ViewSource {
 public:
  struct Options {
    std::string topic;
    std::int32_t partitions = 1;
    ItemViewOptions view;
    std::chrono::milliseconds publish_interval{10};  ///< under load, at most one new version in this time
    std::string checkpoint_path;                     ///< of a local file; empty: none is kept
  };
  ViewFeed(Log& log, Options options, MetricsRegistry& metrics, const Clock& clock);

  /// Looks how far the topic goes now: that is what catching up means.
  Result<void> Open();
  /// Folds what is there, waiting at most `wait` for it, and publishes a version when something changed.
  Result<bool> Step(std::chrono::milliseconds wait);
  /// Keeps a checkpoint of what was folded. Nothing is stepped afterwards.
  void Close();

  std::shared_ptr<const ItemSnapshot> Latest() const override;
  /// True once everything that was there when the feed was opened is part of the view.
  bool CaughtUp() const { return caught_up_; }

 private:
  Result<void> LoadCheckpoint();
  Result<void> OpenReader();
  void Take(Partition partition, Record record);
  void Hold(Partition partition, Record record);
  void Apply(Partition partition, const Record& record);
  void FoldHeld();
  void Publish();
  bool TargetsReached() const;
  Log& log_;
  Options options_;
  const Clock& clock_;
  Counter& records_;
  Counter& corrupt_;
  Counter& versions_;
  Gauge& items_;
  std::unique_ptr<Reader> reader_;
  ItemViewBuilder builder_;
  ViewKeeper keeper_;
  NewestRecords held_;  ///< while catching up
  std::vector<Offset> targets_;
  bool loaded_ = false;  ///< the checkpoint was looked for
  bool changed_ = false;
  std::chrono::nanoseconds published_at_{0};
  std::atomic<bool> caught_up_{false};
  mutable std::mutex mutex_;  // guards latest_ alone
  std::shared_ptr<const ItemSnapshot> latest_;
};

}  // namespace freshet
