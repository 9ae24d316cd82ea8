#include "engine/task.h"

#include <algorithm>
#include <set>
#include <thread>

#include "base/assert.h"
#include "base/failpoint.h"
#include "base/format.h"
#include "base/logging.h"
#include "state/keys.h"

namespace freshet {
namespace {

template <typename AnyRecord>
std::size_t BytesOf(const AnyRecord& record) {
  return (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

// Kafka's client tells the coordinator of a partition when its first record comes, and of those whose first
// record comes later in another request, after the answer. So that a small transaction waits for one answer,
// its outputs begin with one record of each partition; marked here. Empty for a large one, which gains
// nothing.
std::vector<bool> FirstOfPartitions(const std::vector<OutputRecord>& outputs) {
  constexpr std::size_t kSmall = 1'000;
  if (outputs.size() > kSmall) return {};
  std::vector<bool> first(outputs.size());
  std::set<TopicPartition> seen;
  for (std::size_t i = 0; i < outputs.size(); ++i) first[i] = seen.insert(outputs[i].to).second;
  return first;
}

}  // namespace

Task::Task(Log& log, const Topology& topology, const OperatorSpec& spec, TaskOptions options)
    : log_(log),
      topology_(topology),
      spec_(spec),
      options_(std::move(options)),
      name_(fmt::format("{}-{}", spec.name, options_.partition.value)),
      changelog_(topology.ChangelogOf(spec.name)) {
  for (const std::string& role : spec_.inputs) input_topics_.push_back(topology_.TopicOf(role));
}

Task::~Task() { Release(); }

void Task::Release() {
  reader_.reset();
  if (writer_ != nullptr) {
    // Whether this abort succeeds does not matter: the next owner's Initialise ends the transaction too.
    static_cast<void>(writer_->Abort());
  }
  writer_.reset();
  operator_.reset();
  overlay_.reset();
  store_.reset();
  pinned_.reset();
}

Result<StepResult> Task::Step(std::chrono::milliseconds wait) {
  if (!acquired()) {
    auto done = Acquire();
    if (!done.ok()) {
      Release();
      return done.error().Within(name_ + ": acquire");
    }
    waits_since_.reset();
    view_reached_ = false;
    return StepResult::kWorked;
  }
  if (WaitsForView()) {
    constexpr std::chrono::milliseconds kLookAgain{5};
    std::this_thread::sleep_for(std::min(wait, kLookAgain));
    return StepResult::kIdle;
  }
  if (Rests(wait)) return StepResult::kIdle;
  auto records = Collect(wait);
  if (!records.ok()) {
    Release();
    return records.error().Within(name_ + ": read input");
  }
  const bool view_changed = ViewChanged();
  if (records->empty() && !view_changed) return StepResult::kIdle;
  auto ran = RunBatch(std::move(*records));
  if (!ran.ok()) {
    if (ran.error().code == ErrorCode::kInvalidArgument) return Unwritable(ran.error());
    if (ran.error().code == ErrorCode::kFenced && around_.metrics != nullptr) around_.metrics->fenced.Add();
    Release();
    return ran.error().Within(name_ + ": batch");
  }
  return ran;
}

// A record of the batch can never be appended (too long, or its topic is gone). Leaving it out would lose
// state or lists, and the same batch comes again after each restart, so somebody has to change the setting
// that the message names. Some tries before that, because a topic just made may be unknown to a broker for a
// moment.
Error Task::Unwritable(const Error& why) {
  constexpr int kTriesMax = 5;
  const std::uint64_t sequence = progress_.seq + 1;
  unwritable_tries_ = std::exchange(unwritable_sequence_, sequence) == sequence ? unwritable_tries_ + 1 : 1;
  Release();
  if (unwritable_tries_ < kTriesMax) return why.Within(name_ + ": batch");
  Error fatal =
      why.Within(fmt::format("{}: batch {} cannot be written and runs again after a restart; "
                             "nothing is lost",
                             name_, sequence));
  fatal.code = ErrorCode::kUnsupported;
  return fatal;
}

bool Task::ViewChanged() const {
  if (around_.views == nullptr || !spec_.reads_items || !operator_->WantsViewChanges()) return false;
  if (around_.clock->Steady() - pinned_at_ < options_.view_refresh_interval) return false;
  return operator_->HasPendingWork() || around_.views->Latest() != pinned_;
}

// A predecessor in another process may have seen a newer item view than this process has: a process that
// stood still, for example. What a task pins never goes back, or nobody could replay it.
bool Task::WaitsForView() {
  if (view_reached_ || around_.views == nullptr || !spec_.reads_items) return false;
  const auto view = around_.views->Latest();
  view_reached_ = std::all_of(progress_.pins.begin(), progress_.pins.end(), [&](const ViewPin& pin) {
    const auto partition = static_cast<std::size_t>(pin.partition.value);
    return partition >= view->Next().size() || view->Next()[partition] >= pin.next;
  });
  if (view_reached_) return false;
  const auto now = around_.clock->Steady();
  if (now - waits_since_.value_or(now) <= options_.restore_stall_max) {
    if (!waits_since_) waits_since_ = now;
    return true;
  }
  LogWarn("the item model ends before what the last batch saw; the task goes on with what there is",
          {{"task", name_}, {"seen", progress_.view_version}, {"now", view->Version()}});
  view_reached_ = true;
  return false;
}

bool Task::Rests(std::chrono::milliseconds wait) const {
  const std::chrono::nanoseconds left = rests_until_ - around_.clock->Steady();
  if (left <= left.zero()) return false;
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, left));
  return true;
}

// A commit costs the broker and its client the same however small the batch is, and takes it from the tasks
// that write lists. A full batch means a backlog, which waits for nothing.
void Task::RestAfter(std::chrono::nanoseconds commit_time) {
  constexpr std::chrono::milliseconds kRestMax{200};
  if (spec_.rest_factor == 0 || full_) return;
  rests_until_ =
      around_.clock->Steady() + std::min<std::chrono::nanoseconds>(commit_time * spec_.rest_factor, kRestMax);
}

Result<std::vector<Record>> Task::Collect(std::chrono::milliseconds wait) {
  std::vector<Record> records;
  std::size_t bytes = 0;
  std::chrono::milliseconds timeout = wait;
  std::optional<std::chrono::nanoseconds> first;
  const std::size_t records_max = std::min(options_.limits.records, records_goal_);
  while (records.size() < records_max && bytes < options_.limits.bytes) {
    FRESHET_TRY(PollResult polled,
                reader_->Poll(timeout, {records_max - records.size(), options_.limits.bytes - bytes}));
    if (polled.records.empty()) break;  // idle: the batch closes at once
    for (Record& record : polled.records) {
      bytes += BytesOf(record);
      records.push_back(std::move(record));
    }
    const auto now = around_.clock->Steady();
    if (!first) first = now;
    if (now - *first >= options_.limits.time) break;
    timeout = std::chrono::milliseconds(0);
  }
  full_ = records.size() >= records_max || bytes >= options_.limits.bytes;
  return MergeInputs(std::move(records), input_topics_.size());
}

Result<StepResult> Task::RunBatch(std::vector<Record> records) {
  const auto started = around_.clock->Steady();
  store_->BoundTable(options_.table_budget->bytes_max);
  BatchPlan plan;
  plan.next = next_;
  for (const Record& record : records) {
    Offset& next = plan.next[record.source];
    next.value = std::max(next.value, record.offset.value + 1);
  }
  plan.records = std::move(records);
  plan.sequence = static_cast<std::int64_t>(progress_.seq + 1);
  plan.partition = options_.partition;
  if (around_.views != nullptr && spec_.reads_items) plan.items = around_.views->Latest();
  pinned_at_ = started;

  Batch batch(topology_, input_topics_, std::move(plan), *overlay_, progress_.watermark);
  batch.Run(*operator_, around_.clock->Now());
  pinned_ = batch.plan().items;
  AdaptRecords(batch);
  if (overlay_->Failure()) return overlay_->Failure()->Within("read state");
  if (batch.plan().records.empty() && batch.outputs().empty() && overlay_->Empty()) {
    operator_->Discard();
    return StepResult::kIdle;
  }
  ProgressRecord progress = NextProgress(batch);
  if (around_.metrics != nullptr) {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(around_.clock->Steady() - started);
    around_.metrics->batch_time.ObserveMicros(static_cast<std::uint64_t>(took.count()));
  }
  FRESHET_CHECK(CommitBatch(batch, progress));
  return StepResult::kWorked;
}

// Lists are kilobytes each, and what a batch writes is held several times until it is committed.
void Task::AdaptRecords(const Batch& batch) {
  constexpr std::size_t kRecordsMin = 64;
  const std::size_t records = batch.plan().records.size();
  std::size_t bytes = overlay_->Bytes();
  for (const OutputRecord& output : batch.outputs()) bytes += BytesOf(output);
  if (bytes > options_.limits.output_bytes) {
    records_goal_ = std::max(kRecordsMin, records / 2);
  } else if (records >= records_goal_ && bytes < options_.limits.output_bytes / 2) {
    records_goal_ = std::min(records_goal_ * 2, options_.limits.records);
  }
}

ProgressRecord Task::NextProgress(const Batch& batch) const {
  ProgressRecord progress = progress_;
  progress.app_version = FRESHET_VERSION;
  progress.epoch = epoch_;
  progress.seq = progress_.seq + 1;
  progress.inputs.clear();
  for (std::size_t input = 0; input < next_.size(); ++input) {
    progress.inputs.push_back({next_[input], batch.plan().next[input]});
  }
  progress.pins.clear();
  progress.view_version.clear();
  if (const auto& items = batch.plan().items; items != nullptr) {
    const std::vector<Offset>& next = items->Next();
    for (std::size_t p = 0; p < next.size(); ++p) {
      progress.pins.push_back({{static_cast<std::int32_t>(p)}, next[p]});
    }
    progress.view_version = items->Version();
  }
  progress.watermark = batch.watermark();
  progress.batch_time = batch.BatchTime();
  progress.batch = batch.counts();
  progress.total.accepted += batch.counts().accepted;
  progress.total.duplicate += batch.counts().duplicate;
  progress.total.rejected += batch.counts().rejected;
  BatchChecksum checksum;
  overlay_->ForEachSorted(
      [&](std::string_view key, std::optional<std::string_view> value) { checksum.Add(key, value); });
  progress.changelog_records = checksum.Count();
  progress.changelog_crc = checksum.Value();
  return progress;
}

Result<void> Task::CommitBatch(Batch& batch, ProgressRecord& progress) {
  const auto started = around_.clock->Steady();
  FRESHET_TRY(const CommitReceipt receipt, Transact(batch, progress));
  Failpoint("after-commit");
  const auto changelog_at = receipt.last_offsets.find({changelog_, options_.partition});
  FRESHET_ASSERT(changelog_at != receipt.last_offsets.end());
  CommitPoint point;
  point.changelog_next = {changelog_at->second.value + 1};
  point.epoch = progress.epoch;
  point.seq = progress.seq;
  point.progress = progress.Encode();
  FRESHET_CHECK(store_->Apply(*overlay_, point));
  Failpoint("after-write-batch");
  // I3: within the task's life sequences have no gap and epochs never fall.
  FRESHET_ASSERT(progress.seq == progress_.seq + 1);
  FRESHET_ASSERT(progress.epoch >= progress_.epoch);
  overlay_->Clear();
  next_ = batch.plan().next;
  progress_ = progress;
  Applied(batch, receipt);
  const std::chrono::nanoseconds took = around_.clock->Steady() - started;
  RestAfter(took);
  if (around_.metrics != nullptr) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took);
    around_.metrics->commit_time.ObserveMicros(static_cast<std::uint64_t>(micros.count()));
  }
  return {};
}

Result<CommitReceipt> Task::Transact(Batch& batch, ProgressRecord& progress) {
  // An abort is answered by the same batch again: its outputs and its overlay are kept until it is through.
  constexpr int kAttemptsMax = 8;
  Error last;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto done = AppendAll(batch, progress);
    Failpoint("before-commit");
    auto committed = done.ok() ? CommitWithRetries() : Result<CommitReceipt>(done.error());
    if (committed.ok()) return committed;
    last = committed.error();
    if (last.code != ErrorCode::kAborted && last.code != ErrorCode::kInvalidArgument) return last;
    if (around_.metrics != nullptr) around_.metrics->aborted.Add();
    LogWarn("transaction aborted, the batch runs again", {{"task", name_}, {"reason", last.message}});
    FRESHET_CHECK(writer_->Abort());
    if (last.code == ErrorCode::kInvalidArgument) return last;
  }
  return last.Within(fmt::format("aborted {} times in a row", kAttemptsMax));
}

Result<void> Task::AppendAll(Batch& batch, ProgressRecord& progress) {
  FRESHET_CHECK(writer_->Begin());
  Failpoint("after-begin");
  const std::vector<bool> early = FirstOfPartitions(batch.outputs());
  for (std::size_t i = 0; i < early.size(); ++i) {
    if (early[i]) FRESHET_CHECK(writer_->Append(batch.outputs()[i]));
  }
  Result<void> appended;
  overlay_->ForEachSorted([&](std::string_view key, std::optional<std::string_view> value) {
    if (!appended.ok()) return;
    OutputRecord record;
    record.to = {changelog_, options_.partition};
    record.key = std::string(key);
    if (value) record.value = std::string(*value);
    appended = writer_->Append(std::move(record));
  });
  FRESHET_CHECK(appended);
  for (std::size_t i = 0; i < batch.outputs().size(); ++i) {
    if (i >= early.size() || !early[i]) FRESHET_CHECK(writer_->Append(batch.outputs()[i]));
  }
  Failpoint("after-produce");
  if (options_.guarantee == ProcessingGuarantee::kAtLeastOnce) FRESHET_CHECK(CommitOutputs());
  OutputRecord last;
  last.to = {changelog_, options_.partition};
  last.key = std::string(kProgressKey);
  last.value = progress.Encode();
  return writer_->Append(std::move(last));
}

// Without a transaction the progress record must not be durable before what it vouches for, in any partition.
Result<void> Task::CommitOutputs() {
  FRESHET_TRY([[maybe_unused]] const CommitReceipt receipt, CommitWithRetries());
  return writer_->Begin();
}

Result<CommitReceipt> Task::CommitWithRetries() {
  const auto deadline = around_.clock->Steady() + options_.transaction_timeout * 2;
  while (true) {
    auto committed = writer_->Commit();
    if (committed.ok()) return committed;
    const ErrorCode code = committed.error().code;
    if (code != ErrorCode::kUnavailable && code != ErrorCode::kTimeout) return committed;
    if (around_.clock->Steady() > deadline) return committed;
  }
}

void Task::Applied(const Batch& batch, const CommitReceipt& /*receipt*/) {
  if (batch.skipped() > 0) {
    LogWarn("parts of accepted records could not be used",
            {{"task", name_}, {"count", batch.skipped()}, {"first", batch.first_skipped()}});
  }
  if (around_.metrics != nullptr) {
    TaskMetrics& metrics = *around_.metrics;
    metrics.records.Add(batch.plan().records.size());
    metrics.accepted.Add(batch.counts().accepted);
    metrics.duplicates.Add(batch.counts().duplicate);
    metrics.rejected.Add(batch.counts().rejected);
    metrics.skipped.Add(batch.skipped());
    metrics.outputs.Add(batch.outputs().size());
    metrics.batches.Add();
    const Timestamp now = around_.clock->Now();
    for (const Record& record : batch.plan().records) {
      const std::int64_t ms = std::max<std::int64_t>(0, now.ms - record.timestamp.ms);
      metrics.freshness.ObserveMicros(static_cast<std::uint64_t>(ms) * 1000);
    }
  }
  if (around_.on_commit) around_.on_commit({&spec_, &batch, &progress_});
}

std::vector<Position> Task::InputPositions() const {
  std::vector<Position> positions;
  for (std::size_t input = 0; input < next_.size(); ++input) {
    positions.push_back({{input_topics_[input], options_.partition}, next_[input]});
  }
  return positions;
}

}  // namespace freshet
