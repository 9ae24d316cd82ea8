#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/topology.h"
#include "freshet/log.h"
#include "freshet/operator.h"
#include "state/overlay.h"
#include "state/progress_record.h"
#include "view/item_snapshot.h"

namespace freshet {

/// What a batch is made of, fixed before it is processed and recorded in its progress record.
struct BatchPlan {
  std::vector<Record> records;                ///< in processing order
  std::vector<Offset> next;                   ///< by input: where the following batch starts
  std::shared_ptr<const ItemSnapshot> items;  ///< the pinned item model; null where none is read
  std::int64_t sequence = 0;
  Partition partition;
};

/// Orders the records of one poll: a merge of the inputs by (record time, input), each input in offset order.
/// A function of the records alone, so that a replay of the same offset ranges gives the same order.
std::vector<Record> MergeInputs(std::vector<Record> records, std::size_t inputs);

/// One batch while it is processed: the operator's context. Used by the task's thread, once.
class Batch final : public Context {
 public:
  Batch(const Topology& topology, const std::vector<std::string>& input_topics, BatchPlan plan,
        Overlay& overlay, Timestamp watermark);
  /// Runs the operator over all records and closes the batch at wall-clock time `closed_at`.
  void Run(Operator& op, Timestamp closed_at);

  State& state() override { return overlay_; }
  const ItemView* items() const override { return plan_.items.get(); }
  Timestamp watermark() const override { return watermark_; }
  void AdvanceWatermark(Timestamp event_time) override;
  Timestamp BatchTime() const override { return closed_at_; }
  std::int64_t Sequence() const override { return plan_.sequence; }
  Partition partition() const override { return plan_.partition; }
  void Emit(OutputRecord record) override;
  void Reject(const Record& record, Rejection rejection) override;
  void Count(Outcome outcome) override;
  void Skip(std::string why) override;

  const BatchPlan& plan() const { return plan_; }
  /// Outputs in emission order, their topics resolved to names.
  const std::vector<OutputRecord>& outputs() const { return outputs_; }
  const OutcomeCounts& counts() const { return counts_; }
  /// Parts of records that could not be used, and why the first of them.
  std::uint64_t skipped() const { return skipped_; }
  const std::string& first_skipped() const { return first_skipped_; }

 private:
  const Topology& topology_;
  const std::vector<std::string>& input_topics_;
  BatchPlan plan_;
  Overlay& overlay_;
  Timestamp watermark_;
  Timestamp closed_at_;
  std::vector<OutputRecord> outputs_;
  OutcomeCounts counts_;
  std::uint64_t skipped_ = 0;
  std::string first_skipped_;
};

}  // namespace freshet
