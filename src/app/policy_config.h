#pragma once

#include "config/config.h"
#include "rank/list_policy.h"

namespace freshet {

/// What the configuration wants done to the scored candidates of lists.
PolicyOptions PolicyOptionsOf(const Config& config);

}  // namespace freshet
