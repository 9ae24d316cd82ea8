#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/event.h"
#include "freshet/ids.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

class ItemView;

/// Key-value state of one task, as the current batch sees it: its own writes over the committed state.
/// Keys and values are bytes; the grammar is schemas/state.md. A returned view is valid until the next call.
class State {
 public:
  virtual ~State() = default;
  virtual std::optional<std::string_view> Get(std::string_view key) = 0;
  virtual void Put(std::string_view key, std::string_view value) = 0;
  virtual void Delete(std::string_view key) = 0;
  /// What was read cannot be used: the batch is given up and the task stops with this error, loudly.
  virtual void Fail(Error error) = 0;
};

/// What happened to one input record; every record has exactly one outcome (accepted + rejected = sent).
enum class Outcome : std::uint8_t { kAccepted, kDuplicate, kRejected };

/// What an operator may do while it processes one batch. Valid during the call only.
class Context {
 public:
  virtual ~Context() = default;
  virtual State& state() = 0;
  /// The item model that this batch pinned. Null in tasks that do not read it.
  virtual const ItemView* items() const = 0;
  /// The largest event time seen by this task, including the current batch's earlier records.
  virtual Timestamp watermark() const = 0;
  virtual void AdvanceWatermark(Timestamp event_time) = 0;
  /// The wall clock when the batch was closed, as the progress record keeps it: a replay sees the same value.
  /// For what outputs say about themselves; never for state.
  virtual Timestamp BatchTime() const = 0;
  /// Number of this batch in the task's life, without gaps.
  virtual std::int64_t Sequence() const = 0;
  virtual Partition partition() const = 0;
  /// Appends to an output topic inside the batch's transaction. `to.topic` is the topic's role.
  virtual void Emit(OutputRecord record) = 0;
  /// Sends the current record to the dead letters.
  virtual void Reject(const Record& record, Rejection rejection) = 0;
  virtual void Count(Outcome outcome) = 0;
  /// A part of an accepted record cannot be used: counted (freshet_skipped_total) and logged with its reason.
  virtual void Skip(std::string why) = 0;
};

/// A record with the role its topic plays, for example "interactions".
struct RoledRecord {
  std::uint32_t input = 0;  ///< index into Operator::Inputs
  const Record* record = nullptr;
};

/// The pure part of a task. Owned by the task, called by its one thread; starts no thread, reads no clock,
/// does no I/O, so that it is a function of the state, the records and the pinned views.
class Operator {
 public:
  virtual ~Operator() = default;
  /// Roles of the co-partitioned topics it reads, the lead topic first.
  virtual std::vector<std::string> Inputs() const = 0;
  virtual void Process(const RoledRecord& input, Context& context) = 0;
  /// After the last record of a batch: emits what is aggregated a batch and writes back what is dirty.
  virtual void CloseBatch(Context& context) = 0;
  /// The batch was aborted: forgets everything since the last CloseBatch that was committed.
  virtual void Discard() = 0;
  /// True when a change of the pinned views alone is a reason to run an empty batch.
  virtual bool WantsViewChanges() const { return false; }
  /// True when the last batch left bounded work behind, to be done in further batches without input.
  virtual bool HasPendingWork() const { return false; }
};

}  // namespace freshet
