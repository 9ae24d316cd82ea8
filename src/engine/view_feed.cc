#include "engine/view_feed.h"

#include "base/logging.h"

namespace freshet {
namespace {

constexpr std::size_t kHeldBytesMax = 128 << 20;  // bounds what catching up needs beside the view

}  // namespace

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
      keeper_({.path = options_.checkpoint_path, .topic = options_.topic, .partitions = options_.partitions},
              metrics, clock),
      latest_(builder_.Publish()) {}

Result<void> ViewFeed::Open() {
  std::vector<Offset> targets;
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    FRESHET_TRY(const Watermarks marks,
                log_.QueryWatermarks({options_.topic, {p}}, Isolation::kReadCommitted));
    targets.push_back(marks.high);
  }
  targets_ = std::move(targets);
  return {};
}

Result<void> ViewFeed::LoadCheckpoint() {
  const auto take = [this](Partition partition, Record record) { Hold(partition, std::move(record)); };
  FRESHET_TRY(const auto next, keeper_.Load(log_, targets_, take));
  if (!next) {
    held_ = {};
    builder_ = ItemViewBuilder(options_.view, options_.partitions);
    return {};
  }
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    builder_.AdvanceTo({p}, (*next)[static_cast<std::size_t>(p)]);
  }
  return {};
}

Result<void> ViewFeed::OpenReader() {
  if (targets_.empty()) FRESHET_CHECK(Open());
  if (!loaded_) FRESHET_CHECK(LoadCheckpoint());
  loaded_ = true;
  std::vector<Position> positions;
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    const TopicPartition from{options_.topic, {p}};
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadCommitted));
    // A view that was folded already goes on where it is; compaction may have moved the start meanwhile.
    positions.push_back({from, std::max(builder_.Next()[static_cast<std::size_t>(p)], marks.low)});
    builder_.AdvanceTo({p}, positions.back().next);
  }
  FRESHET_TRY(std::unique_ptr<Reader> reader, log_.OpenReader({}));
  FRESHET_CHECK(reader->Assign(std::move(positions)));
  reader_ = std::move(reader);
  return {};
}

void ViewFeed::Take(Partition partition, Record record) {
  records_.Add();
  changed_ = true;
  keeper_.Read(record, partition);
  builder_.AdvanceTo(partition, {record.offset.value + 1});
  if (caught_up_) return Apply(partition, record);
  Hold(partition, std::move(record));
}

void ViewFeed::Hold(Partition partition, Record record) {
  held_.Add(partition, std::move(record));
  if (held_.Bytes() > kHeldBytesMax) FoldHeld();
}

void ViewFeed::Apply(Partition partition, const Record& record) {
  const auto applied = builder_.Apply(partition, record);
  if (applied.ok()) return;
  corrupt_.Add();
  LogError(
      "item model record left out",
      {{"partition", partition.value}, {"offset", record.offset.value}, {"reason", applied.error().message}});
}

void ViewFeed::FoldHeld() {
  held_.Drain([this](Partition partition, const Record& record) { Apply(partition, record); });
}

void ViewFeed::Close() {
  if (caught_up_) keeper_.Finish(Latest());
}

Result<bool> ViewFeed::Step(std::chrono::milliseconds wait) {
  if (reader_ == nullptr) FRESHET_CHECK(OpenReader());
  auto polled = reader_->Poll(changed_ && caught_up_ ? std::chrono::milliseconds(0) : wait, {});
  if (!polled.ok()) {
    reader_.reset();
    return polled.error().Within("item model");
  }
  const bool idle = polled->records.empty();
  for (Record& record : polled->records) {
    const Partition partition{static_cast<std::int32_t>(record.source)};
    Take(partition, std::move(record));
  }
  for (const EndOfPartition& end : polled->ends) {
    builder_.AdvanceTo({static_cast<std::int32_t>(end.source)}, end.next);
  }
  // Nobody uses a version from before the feed caught up, and one of many items is dear.
  if (!caught_up_ && !TargetsReached()) return !idle;
  const bool due = idle || clock_.Steady() - published_at_ >= options_.publish_interval;
  if (caught_up_ && !(changed_ && due)) return !idle;
  Publish();
  return true;
}

void ViewFeed::Publish() {
  FoldHeld();
  auto next = builder_.Publish();
  items_.Set(static_cast<double>(next->ItemCount()));
  versions_.Add();
  keeper_.Offer(next);
  {
    const std::lock_guard lock(mutex_);
    latest_ = std::move(next);
  }
  changed_ = false;
  published_at_ = clock_.Steady();
  if (!caught_up_)
    LogInfo("item view caught up", {{"items", latest_->ItemCount()}, {"records", records_.Value()}});
  caught_up_ = true;
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
