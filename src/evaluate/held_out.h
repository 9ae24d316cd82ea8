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
/// Then each user of the other file gets one list, of all items that it was not learned with, and all its
/// items there are looked up in it. The list is made at the time of the user's last learned event, where
/// times were made up when it would come next: the mix knows how long users stay away. Files in memory.
Result<EvaluationReport> EvaluateHeldOut(const HeldOutOptions& options, const EvaluationOptions& evaluation,
                                         const Clock& clock);

}  // namespace freshet
