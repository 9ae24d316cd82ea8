#include "simulation/broken_log.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "state/keys.h"
#include "state/progress_record.h"

namespace freshet::simulation {
namespace {

bool IsChangelog(const std::string& topic) { return topic.ends_with("-changelog"); }

/// Ends its polls at a mark and gives what lies behind it only when it is asked again.
class PunctualReader final : public Reader {
 public:
  PunctualReader(std::unique_ptr<Reader> reader, const std::map<TopicPartition, Offset>& marks)
      : reader_(std::move(reader)), marks_(marks) {}
  Result<void> Assign(std::vector<Position> positions) override {
    held_ = {};
    mark_.reset();
    const bool changelog = positions.size() == 1 && IsChangelog(positions.front().from.topic);
    if (changelog && marks_.contains(positions.front().from)) mark_ = marks_.at(positions.front().from);
    return reader_->Assign(std::move(positions));
  }
  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override {
    if (!held_.records.empty() || !held_.ends.empty()) return std::exchange(held_, {});
    FRESHET_TRY(PollResult polled, reader_->Poll(timeout, limits));
    if (mark_) Hold(polled);
    return polled;
  }

 private:
  void Hold(PollResult& polled) {
    const auto behind = std::find_if(polled.records.begin(), polled.records.end(),
                                     [this](const Record& record) { return record.offset >= *mark_; });
    if (behind == polled.records.end()) return;
    held_.records.assign(std::make_move_iterator(behind), std::make_move_iterator(polled.records.end()));
    polled.records.erase(behind, polled.records.end());
    held_.ends = std::exchange(polled.ends, {});
    polled.ends.push_back({0, *mark_});
    mark_.reset();
  }
  std::unique_ptr<Reader> reader_;
  const std::map<TopicPartition, Offset>& marks_;
  std::optional<Offset> mark_;
  PollResult held_;
};

/// Makes each progress record vouch for whatever was read since the one before it.
class CredulousReader final : public Reader {
 public:
  explicit CredulousReader(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}
  Result<void> Assign(std::vector<Position> positions) override {
    changelog_ = positions.size() == 1 && IsChangelog(positions.front().from.topic);
    batch_.Reset();
    return reader_->Assign(std::move(positions));
  }
  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override {
    FRESHET_TRY(PollResult polled, reader_->Poll(timeout, limits));
    for (Record& record : polled.records) {
      if (changelog_) FRESHET_CHECK(Vouch(record));
    }
    return polled;
  }

 private:
  Result<void> Vouch(Record& record) {
    if (record.key != kProgressKey) {
      batch_.Add(record.key.value_or(""), record.value);
      return {};
    }
    FRESHET_TRY(ProgressRecord progress, ProgressRecord::Decode(record.value.value_or("")));
    progress.changelog_records = batch_.Count();
    progress.changelog_crc = batch_.Value();
    batch_.Reset();
    record.value = progress.Encode();
    return {};
  }
  std::unique_ptr<Reader> reader_;
  bool changelog_ = false;
  BatchChecksum batch_;
};

/// Says "committed" at once and commits when the next transaction begins.
class HastyWriter final : public Writer {
 public:
  HastyWriter(Log& log, std::unique_ptr<Writer> writer) : log_(log), writer_(std::move(writer)) {}
  Result<void> Initialise() override { return writer_->Initialise(); }
  Result<void> Begin() override {
    if (owed_) FRESHET_CHECK(CommitNow());
    return writer_->Begin();
  }
  Result<void> Check(const OutputRecord& record) override { return writer_->Check(record); }
  Result<void> Append(OutputRecord record) override {
    if (IsChangelog(record.to.topic)) changelog_ = record.to;
    return writer_->Append(std::move(record));
  }
  Result<CommitReceipt> Commit() override {
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(*changelog_, Isolation::kReadUncommitted));
    owed_ = true;
    CommitReceipt receipt;
    receipt.last_offsets[*changelog_] = {marks.high.value - 1};
    return receipt;
  }
  Result<void> Abort() override { return owed_ ? CommitNow() : writer_->Abort(); }

 private:
  Result<void> CommitNow() {
    auto committed = writer_->Commit();
    while (!committed.ok() && (committed.error().code == ErrorCode::kTimeout ||
                               committed.error().code == ErrorCode::kUnavailable)) {
      committed = writer_->Commit();
    }
    if (!committed.ok()) return committed.error();
    owed_ = false;
    return {};
  }
  Log& log_;
  std::unique_ptr<Writer> writer_;
  std::optional<TopicPartition> changelog_;
  bool owed_ = false;
};

}  // namespace

Result<Watermarks> BrokenLog::QueryWatermarks(const TopicPartition& of, Isolation isolation) {
  if (!IsChangelog(of.topic)) return log_.QueryWatermarks(of, isolation);
  const bool last_stable = broken_ == Broken::kTargetLastStable;
  FRESHET_TRY(Watermarks marks,
              log_.QueryWatermarks(of, last_stable ? Isolation::kReadCommitted : isolation));
  if (broken_ == Broken::kTargetBeforeFence && early_.contains(of)) marks.high = early_.at(of).high;
  marks_[of] = marks.high;
  return marks;
}

Result<std::unique_ptr<Reader>> BrokenLog::OpenReader(const ReaderOptions& options) {
  FRESHET_TRY(std::unique_ptr<Reader> reader, log_.OpenReader(options));
  reader = std::make_unique<PunctualReader>(std::move(reader), marks_);
  if (broken_ != Broken::kBatchCheck) return reader;
  return std::unique_ptr<Reader>(std::make_unique<CredulousReader>(std::move(reader)));
}

Result<std::unique_ptr<Writer>> BrokenLog::OpenWriter(const WriterOptions& options) {
  // The task names its changelog first; its partition ends the transactional id.
  if (broken_ == Broken::kTargetBeforeFence && options.transactional_id) {
    const std::string& id = *options.transactional_id;
    const TopicPartition of{options.topics.front(), {std::stoi(id.substr(id.rfind('-') + 1))}};
    FRESHET_TRY(early_[of], log_.QueryWatermarks(of, Isolation::kReadUncommitted));
  }
  FRESHET_TRY(std::unique_ptr<Writer> writer, log_.OpenWriter(options));
  if (broken_ != Broken::kCommitBeforeApply || !options.transactional_id) return writer;
  return std::unique_ptr<Writer>(std::make_unique<HastyWriter>(log_, std::move(writer)));
}

}  // namespace freshet::simulation
