#include "engine/view_feed.h"

#include "base/logging.h"

namespace freshet {

ViewFeed::ViewFeed(Log& log, Options options, MetricsRegistry& metrics, const Clock& clock)
    : log_(log),
      options_(std::move(options)),
      clock_(clock),
      records_(
          metrics.GetCounter("freshet_item_model_records_total", "Item model records folded into the view")),
      corrupt_(metrics.GetCounter("freshet_item_model_corrupt_total",
                                  "Item model records that could not be read")),
      versions_(
          metrics.GetCounter("freshet_item_view_versions_total", "Versions of the item view published")),
      items_(metrics.GetGauge("freshet_item_view_items", "Items in the view")),
      builder_(options_.view, options_.partitions),
      latest_(builder_.Publish()) {}

Result<void> ViewFeed::Open() {
  std::vector<Position> positions;
  std::vector<Offset> targets;
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    const TopicPartition from{options_.topic, {p}};
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadCommitted));
    // A view that was folded already goes on where it is; compaction may have moved the start meanwhile.
    positions.push_back({from, std::max(builder_.Next()[static_cast<std::size_t>(p)], marks.low)});
    builder_.AdvanceTo({p}, positions.back().next);
    targets.push_back(marks.high);
  }
  FRESHET_TRY(std::unique_ptr<Reader> reader, log_.OpenReader({}));
  FRESHET_CHECK(reader->Assign(std::move(positions)));
  reader_ = std::move(reader);
  targets_ = std::move(targets);
  return {};
}

Result<bool> ViewFeed::Step(std::chrono::milliseconds wait) {
  if (reader_ == nullptr) FRESHET_CHECK(Open());
  auto polled = reader_->Poll(changed_ ? std::chrono::milliseconds(0) : wait, {});
  if (!polled.ok()) {
    reader_.reset();
    return polled.error().Within("item model");
  }
  for (const Record& record : polled->records) {
    const Partition partition{static_cast<std::int32_t>(record.source)};
    const auto applied = builder_.Apply(partition, record);
    records_.Add();
    changed_ = true;
    if (!applied.ok()) {
      corrupt_.Add();
      LogError("item model record left out", {{"partition", partition.value},
                                              {"offset", record.offset.value},
                                              {"reason", applied.error().message}});
    }
  }
  for (const EndOfPartition& end : polled->ends) {
    builder_.AdvanceTo({static_cast<std::int32_t>(end.source)}, end.next);
  }
  const bool idle = polled->records.empty();
  // Nobody uses a version from before the feed caught up, and one of many items is dear.
  const bool catching_up = !caught_up_ && !TargetsReached();
  const bool due = !catching_up && clock_.Steady() - published_at_ >= options_.publish_interval;
  if (!changed_ || !(idle || due)) {
    if (!caught_up_ && !catching_up) Publish();
    return !idle;
  }
  Publish();
  return true;
}

void ViewFeed::Publish() {
  if (changed_ || !caught_up_) {
    auto next = builder_.Publish();
    items_.Set(static_cast<double>(next->ItemCount()));
    versions_.Add();
    const std::lock_guard lock(mutex_);
    latest_ = std::move(next);
  }
  changed_ = false;
  published_at_ = clock_.Steady();
  if (TargetsReached()) caught_up_ = true;
}

bool ViewFeed::TargetsReached() const {
  for (std::size_t p = 0; p < targets_.size(); ++p) {
    if (builder_.Next()[p] < targets_[p]) return false;
  }
  return true;
}

std::shared_ptr<const ItemSnapshot> ViewFeed::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace freshet
