#pragma once

#include <cstdint>
#include <vector>

#include "evaluate/evaluation.h"

namespace freshet {

struct RatingProtocolOptions {
  std::vector<EventSourceOptions> train;  ///< read one after the other; empty: `test` teaches, too
  EventSourceOptions test;
  std::uint64_t limit = 0;  ///< ratings of `test`; 0: all
};

/// Predicts each rating of `test`. Without `train` it is learned afterwards, so that all is test first and
/// then train; with `train` those are learned in one pass and nothing is afterwards.
Result<EvaluationReport> EvaluateRatings(const RatingProtocolOptions& options,
                                         const EvaluationOptions& evaluation, const Clock& clock);

}  // namespace freshet
