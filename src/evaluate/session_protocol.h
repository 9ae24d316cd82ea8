#pragma once

#include <string>

#include "evaluate/evaluation.h"

namespace freshet {

struct SessionProtocolOptions {
  std::string train;
  std::string test;
  /// False: the last item of the prefix is not ranked, and steps that repeat it are not scored. Any other
  /// item may be taken again either way.
  bool repeats = true;
};

/// Learns the sessions of one file in the order of time, then lets each prefix of a session of the other
/// predict the next item. The item model stays as it is then; a session knows itself alone. Files in memory.
Result<EvaluationReport> EvaluateSessions(const SessionProtocolOptions& options,
                                          const EvaluationOptions& evaluation, const Clock& clock);

}  // namespace freshet
