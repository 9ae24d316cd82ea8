#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "freshet/operator.h"
#include "freshet/result.h"
#include "rank/mix_learner.h"

namespace freshet {

// Tables of the mix's owner, item partition 0 (key grammar: state/keys.h; schemas/state.md):
//
//   'm'                what the mix learned up to the last change of its weights
//   'n' number(slot)   deltas folded since then: a lesson writes 1 KB, a change of the weights 100 KB

inline constexpr char kMixTable = 'm';
inline constexpr char kMixPendingTable = 'n';

/// The mix as its owner keeps it. Loaded once, saved at the end of each batch that changed it.
class MixState final {
 public:
  /// A mix of another shape than `parts` is skipped with a message, and a new one learns; damage fails.
  static Result<MixState> Load(Context& context, std::size_t generators, std::size_t parts);
  /// Folds one encoded MixDelta; damaged ones are skipped with a message.
  void Learn(std::string bytes, Context& context);
  void Save(State& state);
  /// True when the weights changed since the last call.
  bool TakeChanged();
  const MixLearner& learner() const { return learner_; }

 private:
  explicit MixState(MixLearner learner) : learner_(std::move(learner)) {}

  MixLearner learner_;
  std::uint64_t generation_ = 0;      ///< of the base; pending deltas of another one are old
  std::vector<std::string> unsaved_;  ///< deltas of this batch since the last change of the weights
  std::uint64_t saved_ = 0;           ///< slots in use
  bool base_dirty_ = false;
  bool changed_ = false;
};

}  // namespace freshet
