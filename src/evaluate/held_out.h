#pragma once

#include <string>

#include "evaluate/evaluation.h"

namespace freshet {

struct HeldOutOptions {
  std::string train;  ///< lines "user item item ...", or a table with times
  std::string test;   ///< likewise
  /// Lines have no order unless this is set: each is shuffled by `seed`.
  bool given_order = false;
  std::uint64_t seed = 1;
};

/// Learns one file in one pass, as one stream (see ReadSequences) or, where it is a table, in order of time.
/// Then each user of the other file gets one list, at the time of its last learned event, of all items that
/// it was not learned with, and all its items there are looked up in it. Files in memory.
Result<EvaluationReport> EvaluateHeldOut(const HeldOutOptions& options, const EvaluationOptions& evaluation,
                                         const Clock& clock);

}  // namespace freshet
