#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "engine/batch.h"
#include "engine/task_metrics.h"
#include "engine/topology.h"
#include "engine/view_source.h"
#include "freshet/log.h"
#include "state/progress_record.h"
#include "state/task_store.h"

namespace freshet {

enum class ProcessingGuarantee { kExactlyOnce, kAtLeastOnce };

struct BatchLimits {
  std::chrono::milliseconds time{100};  ///< from the first record of a batch to its closing, at most
  std::size_t records = 10'000;
  std::size_t bytes = 8 << 20;
  std::size_t output_bytes = 32 << 20;  ///< aimed at, state included: the records of a batch adapt to it
};

/// Committed state that each task keeps in memory. Set by one thread, read by the tasks before each batch.
struct TableBudget {
  std::atomic<std::size_t> bytes_max{64 << 20};
};

struct TaskOptions {
  Partition partition;
  std::string state_directory;  ///< of this task
  ProcessingGuarantee guarantee = ProcessingGuarantee::kExactlyOnce;
  BatchLimits limits;
  std::chrono::milliseconds transaction_timeout{15'000};
  std::chrono::milliseconds restore_stall_max{30'000};  ///< a restore without progress for this long fails
  std::chrono::milliseconds view_refresh_interval{
      50};  ///< at most one batch for a view change alone in this time
  std::shared_ptr<const TableBudget> table_budget = std::make_shared<TableBudget>();
  std::shared_ptr<StorageMemory> storage_memory;
};

/// What the supervisor is told after each committed batch; called on the task's thread.
struct CommittedBatch {
  const OperatorSpec* spec = nullptr;
  const Batch* batch = nullptr;
  const ProgressRecord* progress = nullptr;
};
using CommitListener = std::function<void(const CommittedBatch&)>;

/// What one step of a task did.
enum class StepResult {
  kIdle,    ///< nothing to do within the time given
  kWorked,  ///< acquired, or committed a batch
};

/// Partition p of one operator: its state, its changelog, its transactional writer. One thread steps it.
///
/// A step acquires the task if it is not, else runs at most one batch: poll, process into an overlay, one
/// transaction of the log, then one write of the store (docs/ARCHITECTURE.md, "Exactly once"). Any error
/// leaves the task released, so that the next step acquires it afresh; nothing is lost by that.
///
/// Destruction order: reader and writer before the store, whose lock is the last thing given back.
class Task final {
 public:
  Task(Log& log, const Topology& topology, const OperatorSpec& spec, TaskOptions options);
  ~Task();

  /// Collaborators that outlive the task. `views` may be null where the operator pins none.
  struct Surroundings {
    const ViewSource* views = nullptr;
    const Clock* clock = &SystemClock();
    TaskMetrics* metrics = nullptr;
    CommitListener on_commit;
  };
  void Attach(Surroundings surroundings) { around_ = std::move(surroundings); }

  Result<StepResult> Step(std::chrono::milliseconds wait);
  /// Ends the open transaction, closes everything and unlocks the directory. The task may be stepped again.
  void Release();

  bool acquired() const { return writer_ != nullptr && reader_ != nullptr; }
  /// Of the table of committed state in memory. Thread of the task only.
  std::size_t TableBytes() const { return store_ == nullptr ? 0 : store_->TableBytes(); }
  const std::string& name() const { return name_; }
  Partition partition() const { return options_.partition; }
  const OperatorSpec& spec() const { return spec_; }
  /// Changelog records read by the last acquisition.
  std::uint64_t restored_records() const { return restored_records_; }
  /// Next input offsets, by input; empty before the first acquisition. Thread of the task only.
  std::vector<Position> InputPositions() const;
  const ProgressRecord& last_progress() const { return progress_; }
  /// The database behind the state: committed batches only, thread-safe, kept alive by the caller's copy.
  std::shared_ptr<const Database> State() const { return store_->SharedDatabase(); }

 private:
  Result<void> Acquire();
  Result<void> OpenStore();
  Result<void> OpenWriter();
  Result<void> CatchUp();
  /// False: the store is no prefix of the changelog.
  Result<bool> ReadTail(Offset start, Offset target);
  void ReportLeftOut(std::uint64_t refused, std::uint64_t unfinished) const;
  Result<void> SetStoreAside(const Watermarks& marks);
  Result<bool> IsOwnCommit(const Record& record) const;
  Error Stalled(Offset reached, Offset target) const;
  Result<void> OpenReader();
  Result<std::vector<Record>> Collect(std::chrono::milliseconds wait);
  Result<StepResult> RunBatch(std::vector<Record> records);
  Result<void> CommitBatch(Batch& batch, ProgressRecord& progress);
  Result<CommitReceipt> Transact(Batch& batch, ProgressRecord& progress);
  Result<void> AppendAll(Batch& batch, ProgressRecord& progress);
  Result<void> CommitOutputs();
  ProgressRecord NextProgress(const Batch& batch) const;
  Result<CommitReceipt> CommitWithRetries();
  void Applied(const Batch& batch, const CommitReceipt& receipt);
  Error Unwritable(const Error& why);
  bool ViewChanged() const;
  void AdaptRecords(const Batch& batch);
  bool WaitsForView();
  /// True, after a part of the wait, while the rest after the last commit is not over.
  bool Rests(std::chrono::milliseconds wait) const;
  void RestAfter(std::chrono::nanoseconds commit_time);

  Log& log_;
  const Topology& topology_;
  const OperatorSpec& spec_;
  TaskOptions options_;
  Surroundings around_;
  std::string name_;
  std::string changelog_;
  std::vector<std::string> input_topics_;
  std::unique_ptr<TaskStore> store_;
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  ProgressRecord progress_;  ///< of the last committed batch
  std::uint64_t epoch_ = 0;
  std::vector<Offset> next_;                    ///< by input: first offset of the next batch
  std::shared_ptr<const ItemSnapshot> pinned_;  ///< by the last batch
  std::chrono::nanoseconds pinned_at_{0};
  bool full_ = false;  ///< the last batch, by a limit of records or bytes
  std::chrono::nanoseconds rests_until_{0};
  std::optional<std::chrono::nanoseconds> waits_since_;  ///< for the view, since the first batch was due
  bool view_reached_ =
      false;  ///< since the acquisition: the view is no older than what the last batch pinned
  std::size_t records_goal_ =
      250;  ///< of the next batch, see BatchLimits::output_bytes: a start commits soon
  std::uint64_t unwritable_sequence_ = 0;  ///< of the batch that a writer refused last
  int unwritable_tries_ = 0;
  std::uint64_t restored_records_ = 0;
  bool fully_restored_ = false;
};

}  // namespace freshet
