#include "engine/replay.h"

#include <algorithm>

#include "base/format.h"

namespace freshet {
namespace {

constexpr int kEmptyPollsMax = 100;  // of 100 ms: what a broker that answers at all needs

}  // namespace

Result<std::unique_ptr<RangeReader>> RangeReader::Open(Log& log, const TopicPartition& from, Offset start) {
  FRESHET_TRY(std::unique_ptr<Reader> reader, log.OpenReader({}));
  FRESHET_CHECK(reader->Assign({{from, start}}));
  return std::unique_ptr<RangeReader>(new RangeReader(std::move(reader), from, start));
}

Result<std::vector<Record>> RangeReader::TakeUntil(Offset next) {
  int empty_polls = 0;
  while (reached_ < next) {
    FRESHET_TRY(PollResult polled, reader_->Poll(std::chrono::milliseconds(100), {}));
    for (Record& record : polled.records) {
      reached_ = {record.offset.value + 1};
      ahead_.push_back(std::move(record));
    }
    for (const EndOfPartition& end : polled.ends) reached_ = std::max(reached_, end.next);
    empty_polls = polled.records.empty() ? empty_polls + 1 : 0;
    if (empty_polls > kEmptyPollsMax) {
      return MakeError(ErrorCode::kOutOfRange,
                       fmt::format("{}[{}] ends at offset {}, the schedule goes to {}", from_.topic,
                                   from_.partition.value, reached_.value, next.value));
    }
  }
  const auto end =
      std::find_if(ahead_.begin(), ahead_.end(), [next](const Record& r) { return r.offset >= next; });
  std::vector<Record> taken(std::make_move_iterator(ahead_.begin()), std::make_move_iterator(end));
  ahead_.erase(ahead_.begin(), end);
  return taken;
}

TaskReplay::TaskReplay(Log& log, const Topology& topology, const OperatorSpec& spec, Options options)
    : log_(log),
      topology_(topology),
      spec_(spec),
      options_(options),
      builder_(options.view, topology.item_partitions),
      overlay_(state_),
      operator_(spec.make(options.partition)) {
  for (const std::string& role : spec_.inputs) input_topics_.push_back(topology_.TopicOf(role));
}

Result<void> TaskReplay::Open(const ProgressRecord& first) {
  for (std::size_t input = 0; input < input_topics_.size(); ++input) {
    const TopicPartition from{input_topics_[input], options_.partition};
    FRESHET_TRY(auto reader, RangeReader::Open(log_, from, first.inputs[input].from));
    inputs_.push_back(std::move(reader));
  }
  if (!spec_.reads_items) return {};
  for (std::int32_t p = 0; p < topology_.item_partitions; ++p) {
    const TopicPartition from{topology_.TopicOf(kItemModelRole), {p}};
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadCommitted));
    FRESHET_TRY(auto reader, RangeReader::Open(log_, from, marks.low));
    view_inputs_.push_back(std::move(reader));
  }
  return {};
}

Result<std::shared_ptr<const ItemSnapshot>> TaskReplay::PinnedView(const ProgressRecord& progress) {
  for (const ViewPin& pin : progress.pins) {
    RangeReader& reader = *view_inputs_[static_cast<std::size_t>(pin.partition.value)];
    FRESHET_TRY(const std::vector<Record> records, reader.TakeUntil(pin.next));
    for (const Record& record : records) FRESHET_CHECK(builder_.Apply(pin.partition, record));
    builder_.AdvanceTo(pin.partition, pin.next);
  }
  return builder_.Publish();
}

Result<void> TaskReplay::Run(const ProgressRecord& progress,
                             const std::function<void(const ReplayedBatch&)>& visit) {
  BatchPlan plan;
  std::vector<Record> records;
  for (std::size_t input = 0; input < inputs_.size(); ++input) {
    FRESHET_TRY(std::vector<Record> taken, inputs_[input]->TakeUntil(progress.inputs[input].next));
    for (Record& record : taken) {
      record.source = static_cast<std::uint32_t>(input);
      records.push_back(std::move(record));
    }
    plan.next.push_back(progress.inputs[input].next);
  }
  plan.records = MergeInputs(std::move(records), inputs_.size());
  if (spec_.reads_items) {
    FRESHET_TRY(plan.items, PinnedView(progress));
  }
  plan.sequence = static_cast<std::int64_t>(progress.seq);
  plan.partition = options_.partition;
  Batch batch(topology_, input_topics_, std::move(plan), overlay_, watermark_);
  batch.Run(*operator_, progress.batch_time);
  watermark_ = batch.watermark();
  BatchChecksum checksum;
  overlay_.ForEachSorted(
      [&](std::string_view key, std::optional<std::string_view> value) { checksum.Add(key, value); });
  visit({&progress, checksum.Count(), checksum.Value(), &batch});
  state_.Apply(overlay_);
  overlay_.Clear();
  return {};
}

}  // namespace freshet
