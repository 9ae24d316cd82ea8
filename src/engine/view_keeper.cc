#include "engine/view_keeper.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/format.h"
#include "base/hash.h"
#include "base/logging.h"
#include "view/newest_records.h"

namespace freshet {
namespace {

/// Tombstones younger than this are still in the topic: a checkpoint that is older could keep an item whose
/// deletion nobody can read any more. Half of what the topic says, since clocks differ.
std::chrono::milliseconds AgeMax(const TopicDescription& topic) {
  constexpr std::int64_t kDefaultMs = 24LL * 3600 * 1000;
  std::int64_t ms = kDefaultMs;
  const auto found = topic.settings.find("delete.retention.ms");
  if (found != topic.settings.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), ms);
  }
  return std::chrono::milliseconds(ms / 2);
}

std::uint32_t ChecksumOf(const Record& record) { return Crc32c(record.value.value_or("")); }

/// The record at the offset; absent where compaction or retention took it.
Result<std::optional<Record>> ReadAt(Log& log, const TopicPartition& from, Offset offset) {
  constexpr int kPollsMax = 300;
  ReaderOptions options;
  options.fetch_wait_max = std::chrono::milliseconds(10);
  FRESHET_TRY(const std::unique_ptr<Reader> reader, log.OpenReader(options));
  FRESHET_CHECK(reader->Assign({{from, offset}}));
  for (int i = 0; i < kPollsMax; ++i) {
    FRESHET_TRY(PollResult polled, reader->Poll(std::chrono::milliseconds(100), {.records_max = 1}));
    if (!polled.records.empty()) {
      const bool found = polled.records.front().offset == offset;
      return found ? std::optional(std::move(polled.records.front())) : std::nullopt;
    }
    if (!polled.ends.empty()) return std::optional<Record>();
  }
  return MakeError(ErrorCode::kTimeout, fmt::format("{}[{}] at offset {} cannot be read", from.topic,
                                                    from.partition.value, offset.value));
}

}  // namespace

ViewKeeper::ViewKeeper(Options options, MetricsRegistry& metrics, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      written_(
          metrics.GetCounter("freshet_item_view_checkpoints_total", "Checkpoints of the item view written")),
      failed_(metrics.GetCounter("freshet_item_view_checkpoints_failed_total",
                                 "Checkpoints of the item view that could not be written or read")) {}

ViewKeeper::~ViewKeeper() {
  if (writer_.joinable()) writer_.join();
}

Result<std::optional<std::vector<Offset>>> ViewKeeper::Load(Log& log, const std::vector<Offset>& targets,
                                                            const Take& take) {
  using Next = std::optional<std::vector<Offset>>;
  if (options_.path.empty()) return Next();
  FRESHET_TRY(const std::string cluster, log.ClusterId());
  FRESHET_TRY(const TopicDescription topic, log.Describe(options_.topic));
  std::vector<Watermarks> marks;
  for (std::int32_t p = 0; p < options_.partitions; ++p) {
    FRESHET_TRY(marks.emplace_back(), log.QueryWatermarks({options_.topic, {p}}, Isolation::kReadCommitted));
    marks.back().high = targets[static_cast<std::size_t>(p)];
  }
  head_ = ViewCheckpointHead{cluster, options_.topic, topic.id, {}, {}, {}};
  head_->last.resize(marks.size());
  Next next;
  ViewCheckpointVisitor visitor;
  visitor.accept = [&](const ViewCheckpointHead& head) {
    if (!Fits(head, marks, AgeMax(topic))) return false;
    const auto known = HasHistory(log, head);
    if (!known.ok() || !*known) return false;
    next = head.next;
    head_->last = head.last;
    return true;
  };
  visitor.record = [&](Partition partition, Record record) {
    Read(record, partition);
    take(partition, std::move(record));
  };
  const auto read = ReadViewCheckpoint(options_.path, visitor);
  records_ = 0;
  written_at_ = clock_.Steady();  // a start has other work: the first checkpoint comes an interval later
  if (read.ok() && *read) return next;
  globals_.clear();
  // One that lies ahead of a log which lost its end would seem to fit as soon as the log has grown again.
  std::error_code ignored;
  std::filesystem::remove(options_.path, ignored);
  if (!read.ok() && read.error().code != ErrorCode::kNotFound) {
    failed_.Add();
    LogWarn("view checkpoint not used", {{"reason", read.error().message}});
  }
  return Next();
}

bool ViewKeeper::Fits(const ViewCheckpointHead& head, const std::vector<Watermarks>& marks,
                      std::chrono::milliseconds age_max) const {
  const bool same = head.cluster_id == head_->cluster_id && head.topic == head_->topic &&
                    head.topic_id == head_->topic_id && head.next.size() == marks.size();
  if (!same) return false;
  const std::int64_t age = clock_.Now().ms - head.written.ms;
  if (age < 0 || age > age_max.count()) return false;
  for (std::size_t p = 0; p < marks.size(); ++p) {
    if (head.next[p] < marks[p].low || head.next[p] > marks[p].high) return false;
  }
  return true;
}

// A topic that was deleted and made again may have grown beyond the checkpoint, and so may one that lost its
// end; Kafka's client 2.0.2 cannot tell topics of one name apart.
Result<bool> ViewKeeper::HasHistory(Log& log, const ViewCheckpointHead& head) const {
  for (std::size_t p = 0; p < head.last.size(); ++p) {
    const ViewCheckpointHead::Last& last = head.last[p];
    if (last.offset.value < 0) continue;
    const TopicPartition from{options_.topic, {static_cast<std::int32_t>(p)}};
    FRESHET_TRY(const auto record, ReadAt(log, from, last.offset));
    if (!record || ChecksumOf(*record) != last.crc) return false;
  }
  return true;
}

void ViewKeeper::Read(const Record& record, Partition partition) {
  if (options_.path.empty()) return;
  ++records_;
  if (head_ && record.offset.value >= 0)
    head_->last[static_cast<std::size_t>(partition.value)] = {record.offset, ChecksumOf(record)};
  if (!record.key || !IsGlobalKey(*record.key)) return;
  const std::pair key(partition.value, *record.key);
  if (record.value) {
    globals_[key] = *record.value;
  } else {
    globals_.erase(key);
  }
}

void ViewKeeper::Offer(const std::shared_ptr<const ItemSnapshot>& view) {
  if (!head_ || writing_) return;
  // As many records as items at least: the reading saved is then worth the writing.
  if (records_ < std::max<std::uint64_t>(options_.records_min, view->ItemCount())) return;
  if (clock_.Steady() - written_at_ < options_.interval) return;
  Write(view);
}

void ViewKeeper::Finish(const std::shared_ptr<const ItemSnapshot>& view) {
  if (writer_.joinable()) writer_.join();
  if (head_ && records_ > 0) Write(view);
  if (writer_.joinable()) writer_.join();
}

void ViewKeeper::Write(const std::shared_ptr<const ItemSnapshot>& view) {
  if (writer_.joinable()) writer_.join();
  ViewCheckpointHead head = *head_;
  head.written = clock_.Now();
  head.next = view->Next();
  records_ = 0;
  written_at_ = clock_.Steady();
  writing_ = true;
  writer_ = std::thread([this, view, head = std::move(head), globals = globals_] {
    const auto written = WriteViewCheckpoint(options_.path, head, globals, *view);
    (written.ok() ? written_ : failed_).Add();
    if (!written.ok()) LogWarn("view checkpoint not written", {{"reason", written.error().message}});
    writing_ = false;
  });
}

}  // namespace freshet
