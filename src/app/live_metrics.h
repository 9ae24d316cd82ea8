#pragma once

#include <cstdint>
#include <string>

#include "base/metrics.h"
#include "operators/live_scores.h"

namespace freshet {

/// Counts the lists that the task of a user partition ever scored: freshet_live_lists_scored_total.
void ShowScoredLists(MetricsRegistry& metrics, Partition partition, std::uint64_t scored);

/// Shows how good the lists of the sliding windows of this process's user tasks were, together: the gauges
/// freshet_live_... (docs/OPERATIONS.md). `challenger`: its generator; empty: none.
void ShowLiveScores(MetricsRegistry& metrics, const LiveScores& scores, const std::string& challenger);

}  // namespace freshet
