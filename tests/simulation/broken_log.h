#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "freshet/log.h"

namespace freshet::simulation {

/// A step of the protocol that a test takes away. The engine knows nothing of it: the log that it is given
/// lies in just the way that makes the step useless.
enum class Broken {
  kNothing,
  kFence,              ///< requests of an old owner are let through (FaultPlan::fence_enabled)
  kTargetLastStable,   ///< catch up to the last stable offset instead of the high watermark
  kTargetBeforeFence,  ///< the high watermark is asked before the predecessor is fenced
  kBatchCheck,         ///< what does not fit its progress record is made to fit
  kCommitBeforeApply,  ///< the store is written before the transaction is committed
};

/// Passes everything on to another log, but for what `broken` says about the changelogs. It is also as
/// sparing as a log may be: a poll of a changelog ends at the high watermark that was asked for last, so that
/// a task which asks too early is given no record more than it asked for.
class BrokenLog final : public Log {
 public:
  BrokenLog(Log& log, Broken broken) : log_(log), broken_(broken) {}
  Result<std::string> ClusterId() override { return log_.ClusterId(); }
  Result<TopicDescription> Describe(const std::string& topic) override { return log_.Describe(topic); }
  Result<std::vector<TopicDescription>> List() override { return log_.List(); }
  Result<void> Create(const TopicSpec& spec) override { return log_.Create(spec); }
  Result<void> Delete(const std::string& topic) override { return log_.Delete(topic); }
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override;
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override {
    return log_.OffsetForTime(of, time);
  }
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override;
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override {
    return log_.Join(options);
  }
  std::int64_t MessageBytesMax() const override { return log_.MessageBytesMax(); }

 private:
  Log& log_;
  Broken broken_;
  std::map<TopicPartition, Watermarks> early_;  // asked when the writer was opened
  std::map<TopicPartition, Offset> marks_;      // the last answers
};

}  // namespace freshet::simulation
