#include <algorithm>

#include "base/failpoint.h"
#include "base/format.h"
#include "base/logging.h"
#include "engine/restore_buffer.h"
#include "engine/task.h"
#include "state/keys.h"
#include "state/state_directory.h"

// Acquire, in this order and no other: lock the directory; a new writer fences the predecessor; only then ask
// for the changelog's high watermark; catch up to it; only then read input.

namespace freshet {

Result<void> Task::Acquire() {
  const auto started = around_.clock->Steady();
  FRESHET_CHECK(OpenStore());
  FRESHET_CHECK(OpenWriter());
  Failpoint("after-fence");
  FRESHET_CHECK(CatchUp());
  operator_ = spec_.make(options_.partition);
  FRESHET_CHECK(OpenReader());
  epoch_ = progress_.epoch + 1;
  if (around_.metrics != nullptr) {
    around_.metrics->restarts.Add();
    around_.metrics->restored.Add(restored_records_);
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(around_.clock->Steady() - started);
  LogInfo("task acquired", {{"task", name_},
                            {"epoch", epoch_},
                            {"sequence", progress_.seq},
                            {"restored_records", restored_records_},
                            {"full_restore", fully_restored_},
                            {"took_ms", took.count()}});
  return {};
}

Result<void> Task::OpenStore() {
  FRESHET_TRY(const std::string cluster, log_.ClusterId());
  FRESHET_TRY(const TopicDescription changelog, log_.Describe(changelog_));
  TaskStoreOptions store;
  store.path = options_.state_directory;
  store.identity = {topology_.app, spec_.name, options_.partition, cluster, changelog.id};
  store.memory_bytes_max = options_.table_budget->bytes_max;
  store.database.memory = options_.storage_memory;
  auto opened = TaskStore::Open(store);
  if (!opened.ok() &&
      (opened.error().code == ErrorCode::kCorrupt || opened.error().code == ErrorCode::kInvalidArgument)) {
    // Damaged, or of another cluster or changelog: keep it for people to look at and restore from the log.
    LogWarn("state directory quarantined", {{"task", name_}, {"reason", opened.error().message}});
    if (around_.metrics != nullptr) around_.metrics->quarantined.Add();
    FRESHET_TRY(const std::string aside, QuarantineDirectory(options_.state_directory));
    LogWarn("state directory was renamed", {{"task", name_}, {"to", aside}});
    opened = TaskStore::Open(store);
  }
  if (!opened.ok()) return opened.error();
  store_ = std::move(*opened);
  overlay_ = std::make_unique<Overlay>(*store_);
  return {};
}

Result<void> Task::OpenWriter() {
  WriterOptions writer;
  if (options_.guarantee == ProcessingGuarantee::kExactlyOnce) {
    writer.transactional_id = topology_.TransactionalId(spec_.name, options_.partition);
  }
  writer.transaction_timeout = options_.transaction_timeout;
  writer.topics = {changelog_, topology_.TopicOf(kDeadLettersRole)};
  for (const std::string& role : spec_.outputs) writer.topics.push_back(topology_.TopicOf(role));
  FRESHET_TRY(writer_, log_.OpenWriter(writer));
  const auto deadline = around_.clock->Steady() + options_.restore_stall_max;
  while (true) {
    const auto initialised = writer_->Initialise();
    if (initialised.ok()) return {};
    const ErrorCode code = initialised.error().code;
    const bool again = code == ErrorCode::kUnavailable || code == ErrorCode::kTimeout;
    if (!again || around_.clock->Steady() > deadline) return initialised.error();
  }
}

Result<void> Task::CatchUp() {
  restored_records_ = 0;
  fully_restored_ = false;
  const TopicPartition from{changelog_, options_.partition};
  FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadUncommitted));
  while (true) {
    const std::optional<CommitPoint> at = store_->LastCommit();
    progress_ = {};
    if (at) {
      FRESHET_TRY(progress_, ProgressRecord::Decode(at->progress));
    }
    fully_restored_ = !at && marks.high > marks.low;
    bool fits = !at || (at->changelog_next <= marks.high && at->changelog_next >= marks.low);
    if (fits) {
      // One record more than the tail: the progress record of the commit point itself.
      const Offset start = at ? std::max(marks.low, Offset{at->changelog_next.value - 1}) : marks.low;
      if (start == marks.high) return {};
      FRESHET_TRY(fits, ReadTail(start, marks.high));
    }
    if (fits) return {};
    FRESHET_CHECK(SetStoreAside(marks));
  }
}

Result<void> Task::SetStoreAside(const Watermarks& marks) {
  LogWarn("state does not fit its changelog and is quarantined",
          {{"task", name_},
           {"state_at", store_->LastCommit()->changelog_next.value},
           {"log_from", marks.low.value},
           {"log_to", marks.high.value}});
  if (around_.metrics != nullptr) around_.metrics->quarantined.Add();
  overlay_.reset();
  FRESHET_TRY(const std::string aside, TaskStore::Quarantine(std::move(store_)));
  LogWarn("state directory was renamed", {{"task", name_}, {"to", aside}});
  return OpenStore();
}

// A changelog that lost its end and grew again has another batch where the state's own stood.
Result<bool> Task::IsOwnCommit(const Record& record) const {
  if (record.key != kProgressKey) return false;
  FRESHET_TRY(const ProgressRecord logged, ProgressRecord::Decode(record.value.value_or("")));
  return logged.epoch == progress_.epoch && logged.seq == progress_.seq &&
         logged.changelog_crc == progress_.changelog_crc;
}

Result<bool> Task::ReadTail(Offset start, Offset target) {
  const std::optional<CommitPoint> at = store_->LastCommit();
  const Offset tail = at ? at->changelog_next : start;
  bool own_due = start < tail;
  ReaderOptions options;
  options.fetch_wait_max = std::chrono::milliseconds(10);
  FRESHET_TRY(const std::unique_ptr<Reader> reader, log_.OpenReader(options));
  FRESHET_CHECK(reader->Assign({{{changelog_, options_.partition}, start}}));
  RestoreBuffer buffer(*store_, progress_.seq > 0 ? std::optional(progress_) : std::nullopt,
                       {.start = tail, .first_bytes_max = options_.table_budget->bytes_max});
  Offset reached = start;
  auto moved_at = around_.clock->Steady();
  while (reached < target) {
    FRESHET_TRY(PollResult polled, reader->Poll(std::chrono::milliseconds(100), {}));
    const Offset before = reached;
    for (Record& record : polled.records) {
      reached = {record.offset.value + 1};
      if (record.offset < tail) {
        FRESHET_TRY(const bool own, IsOwnCommit(record));
        if (!own) return false;
        own_due = false;
        continue;
      }
      ++restored_records_;
      FRESHET_CHECK(buffer.Add(std::move(record)));
    }
    for (const EndOfPartition& end : polled.ends) reached = std::max(reached, end.next);
    if (around_.metrics != nullptr) {
      const std::int64_t left = std::max<std::int64_t>(0, target.value - reached.value);
      around_.metrics->restore_remaining.Set(static_cast<double>(left));
    }
    const auto now = around_.clock->Steady();
    if (reached > before) moved_at = now;
    if (now - moved_at > options_.restore_stall_max) return Stalled(reached, target);
  }
  // Compaction takes the own record only where it has a newer one.
  if (own_due && !buffer.last()) return false;
  FRESHET_CHECK(buffer.Finish());
  if (buffer.last()) progress_ = *buffer.last();
  ReportLeftOut(buffer.refused(), buffer.unfinished());
  return true;
}

void Task::ReportLeftOut(std::uint64_t refused, std::uint64_t unfinished) const {
  if (unfinished > 0 && options_.guarantee == ProcessingGuarantee::kAtLeastOnce) {
    LogInfo("changelog holds batches that a crash cut; they came again",
            {{"task", name_}, {"batches", unfinished}});
    unfinished = 0;
  }
  if (refused + unfinished == 0) return;
  LogError("changelog holds batches that do not verify; they are left out",
           {{"task", name_}, {"batches", refused + unfinished}});
  if (around_.metrics != nullptr) around_.metrics->torn.Add(refused + unfinished);
}

Error Task::Stalled(Offset reached, Offset target) const {
  return MakeError(ErrorCode::kTimeout,
                   fmt::format("restore stands still at offset {} of {} in {}[{}]: a transaction of another "
                               "producer is probably open there; it ends with its transaction timeout",
                               reached.value, target.value, changelog_, options_.partition.value));
}

Result<void> Task::OpenReader() {
  next_.assign(input_topics_.size(), Offset{});
  std::vector<Position> positions;
  for (std::size_t input = 0; input < input_topics_.size(); ++input) {
    const TopicPartition from{input_topics_[input], options_.partition};
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadCommitted));
    Offset next = marks.low;
    if (input < progress_.inputs.size()) next = progress_.inputs[input].next;
    if (next < marks.low) {
      return MakeError(
          ErrorCode::kOutOfRange,
          fmt::format("{}[{}] starts at offset {} but the state has read only to {}: the records "
                      "between are gone from the log. Raise the topic's retention; to go on "
                      "without them, remove {} and replay",
                      from.topic, from.partition.value, marks.low.value, next.value,
                      options_.state_directory));
    }
    next_[input] = next;
    positions.push_back({from, next});
  }
  FRESHET_TRY(reader_, log_.OpenReader({}));
  return reader_->Assign(std::move(positions));
}

}  // namespace freshet
