#pragma once

#include <span>

#include "freshet/operator.h"
#include "freshet/result.h"
#include "operators/net_trainer.h"

namespace freshet {

// Tables of the net operator (key grammar: state/keys.h; schemas/state.md):
//
//   'h'                      head: whether there is a checkpoint, and the numbers of pending batches
//   'g'                      the network's averages and counters, as of the checkpoint
//   'i' number               an item's key, vector, moments and bias
//   'u' number(user)         last items of a user
//   'r' number               1,024 slots of the ring of events
//   'p' number               lessons of one batch since the checkpoint

/// The network's state: a checkpoint and the lessons since, which are few bytes each where the rows that one
/// lesson changes are a hundred kilobytes. Used within one batch's calls.
class NetStore final {
 public:
  /// The network as of the last batch: reads the checkpoint and trains with what is pending, by the same
  /// steps as before. A new one where there is no state.
  static Result<NetTrainer> Load(State& state, const NetTrainingOptions& options);
  /// Keeps the lessons of a batch that the trainer has learned.
  static Result<void> AddPending(State& state, std::span<const NetLesson> batch);
  /// Writes what changed and drops what is pending.
  static Result<void> WriteCheckpoint(State& state, NetTrainer& trainer);
};

}  // namespace freshet
