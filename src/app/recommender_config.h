#pragma once

#include "config/config.h"
#include "engine/recommender_topology.h"
#include "engine/supervisor.h"

namespace freshet {

/// The recommender that a configuration describes.
RecommenderOptions RecommenderOptionsOf(const Config& config);

/// How it is run: batches, guarantee, group, memory.
SupervisorOptions SupervisorOptionsOf(const Config& config);

}  // namespace freshet
