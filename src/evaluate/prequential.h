#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "evaluate/evaluation.h"

namespace freshet {

struct PrequentialOptions {
  EventSourceOptions input;
  bool repeats = false;       ///< true: an item that the user took before is ranked and scored again
  std::uint64_t warm_up = 0;  ///< events that are learned before the first is scored
  std::optional<double> from_quantile;  ///< only events later than this part of all are scored
  std::uint64_t every = 1;              ///< of so many events one is scored
  /// True: scored are only events of users after 0, 1, 3 and 5 events, and of items with fewer than 20.
  bool cold_start = false;
  bool parts = false;       ///< the report has the hits of each generator alone, by tenth of what is scored
  std::uint64_t limit = 0;  ///< events in all; 0: the whole input
  bool frozen = false;      ///< from that quantile on only users' histories go on, the item model stays
  std::size_t batch = 1;    ///< events that are ranked and then learned together
};

/// Test, then learn: before each event its user's list is made, from all that was learned before it, and the
/// event's item looked up in it. A user's first event is learned only.
Result<EvaluationReport> EvaluatePrequential(const PrequentialOptions& options,
                                             const EvaluationOptions& evaluation, const Clock& clock);
/// The same under the name of the protocol that splits by time; from_quantile is set.
Result<EvaluationReport> EvaluateTemporal(const PrequentialOptions& options,
                                          const EvaluationOptions& evaluation, const Clock& clock);

}  // namespace freshet
