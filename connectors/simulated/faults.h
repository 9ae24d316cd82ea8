#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/random.h"

namespace freshet::simulated {

/// Everything a client can ask of the log. Each call is one step of a simulation.
enum class Operation : std::uint8_t {
  kDescribe,
  kList,
  kCreate,
  kDelete,
  kWatermarks,
  kOffsetForTime,
  kClusterId,
  kOpen,
  kAssign,
  kPoll,
  kInitialise,
  kBegin,
  kAppend,
  kCommit,
  kAbort,
  kJoin,
  kGroupPoll,
  kAdvise,
  kLeave,
};

/// What goes wrong with one call.
enum class Injection : std::uint8_t {
  kNone,
  kUnavailable,     ///< refused, nothing was done (any call that goes to the broker)
  kTimeoutDone,     ///< done, but the answer was lost (Initialise, Commit)
  kTimeoutNotDone,  ///< the request was lost or is still on its way (Commit)
  kAborted,         ///< the transaction must be aborted (Append, Commit)
  kFenced,          ///< another writer with the same transactional id comes up just before (Append, Commit)
  kStall,           ///< the process stands still for longer than its transaction timeout (any call)
};

/// Probabilities per call, 0 = never. The default plan is a well-behaved broker.
struct FaultPlan {
  double unavailable = 0;
  double commit_unanswered = 0;      ///< kTimeoutDone
  double commit_lost = 0;            ///< kTimeoutNotDone
  double initialise_unanswered = 0;  ///< kTimeoutDone
  double aborted = 0;
  double fenced = 0;
  double stall = 0;
  double delayed_markers = 0;  ///< per partition of a commit: visible only some steps later
  double delayed_produce = 0;  ///< per Append: stays in the client until the next one or the commit
  double late_requests = 0;    ///< per writer lost in a transaction: its last requests arrive later
  double late_end = 0;         ///< per commit: the broker sees the same request again some steps later
  double hanging = 0;          ///< a stranger leaves a transaction open on a random partition
  double compaction = 0;       ///< a random compacted partition is compacted up to a random offset
  double torn = 0;             ///< per aborted transaction: some of its first records become visible
  double short_poll = 0;
  double empty_poll = 0;
  double interleave = 0;                  ///< per Poll: partitions mixed in random runs
  std::set<std::string> tearable_topics;  ///< where `torn` may strike
  /// Whether compaction passes a torn transaction. Its records then take the place of older values, a loss
  /// that no reader can mend; min.compaction.lag.ms keeps the two apart for as long as it lasts.
  bool compact_torn = true;
  bool fence_enabled = true;  ///< false: requests of an old epoch are let through (shows what fencing is for)
};

/// Decides by seed and by script. Deterministic: the same calls in the same order get the same answers.
class FaultDice final {
 public:
  FaultDice(std::uint64_t seed, FaultPlan plan) : random_(seed), plan_(std::move(plan)) {}
  /// The next `times` calls of `operation` get `injection`, before chance is asked.
  void Script(Operation operation, Injection injection, int times);
  Injection Draw(Operation operation);
  bool Chance(double probability) { return probability > 0 && random_.Chance(probability); }
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  const FaultPlan& plan() const { return plan_; }
  void SetPlan(FaultPlan plan) { plan_ = std::move(plan); }

 private:
  Injection DrawForWriter(Operation operation);
  Random random_;
  FaultPlan plan_;
  std::map<Operation, std::deque<Injection>> script_;
};

}  // namespace freshet::simulated
