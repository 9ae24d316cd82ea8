#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/hash_state.h"
#include "freshet/operator.h"
#include "freshet/result.h"

namespace freshet {

/// One operator over a map, with what it emitted: a task without a log, whose batches all succeed. One
/// thread.
class OfflineTask final : public Context {
 public:
  explicit OfflineTask(std::unique_ptr<Operator> op) : operator_(std::move(op)) {}

  /// `input`: index into Operator::Inputs.
  void Feed(std::uint32_t input, Record record) {
    record.source = input;
    record.offset = {next_offset_++};
    operator_->Process({input, &record}, *this);
  }
  /// Ends the batch. An error: a record was refused, or state cannot be read; the task is of no use then.
  Result<void> Close();
  std::vector<OutputRecord> TakeEmitted() { return std::exchange(emitted_, {}); }
  void Pin(std::shared_ptr<const ItemView> view) { view_ = std::move(view); }

  State& state() override { return state_; }
  const ItemView* items() const override { return view_.get(); }
  Timestamp watermark() const override { return watermark_; }
  void AdvanceWatermark(Timestamp event_time) override { watermark_ = std::max(watermark_, event_time); }
  Timestamp BatchTime() const override { return watermark_; }
  std::int64_t Sequence() const override { return sequence_; }
  Partition partition() const override { return {0}; }
  void Emit(OutputRecord record) override { emitted_.push_back(std::move(record)); }
  void Reject(const Record& record, Rejection rejection) override;
  void Count(Outcome /*outcome*/) override {}
  void Skip(std::string why) override;

 private:
  std::unique_ptr<Operator> operator_;
  HashState state_;
  std::shared_ptr<const ItemView> view_;
  Timestamp watermark_;
  std::int64_t next_offset_ = 0;
  std::int64_t sequence_ = 1;
  std::vector<OutputRecord> emitted_;
  std::optional<Error> failure_;
};

}  // namespace freshet
