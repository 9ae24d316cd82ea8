#pragma once

#include <string>

#include "evaluate/evaluation.h"

namespace freshet {

struct LeaveOneOutOptions {
  std::string sequences;    ///< lines of item ids in order of time, one user a line
  bool validation = false;  ///< the last item but one is predicted instead of the last one
};

/// The last item of each user is the test, the one before it the validation; all earlier ones are learned as
/// one stream (see ReadSequences). Then each user's list is made with all that came before the target in its
/// line; the item model stays as it is. Validation and test come one and two steps after the last learned
/// item, steps as long as the one before it: the mix knows how long users stay away. Users with fewer than
/// three items are learned only.
Result<EvaluationReport> EvaluateLeaveOneOut(const LeaveOneOutOptions& options,
                                             const EvaluationOptions& evaluation, const Clock& clock);

}  // namespace freshet
