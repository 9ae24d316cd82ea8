#pragma once

#include <string_view>

namespace freshet {

/// Does what the environment variable FRESHET_FAIL asks for at a named point, else nothing.
/// FRESHET_FAIL=point:nth:action[,point:nth:action]... with action `kill` (SIGKILL to itself), `stop`
/// (SIGSTOP) or `exit`; the nth passage of that point triggers it, counted from 1 over all threads.
/// The points are listed in docs/OPERATIONS.md. Costs one load where the variable is not set.
void Failpoint(std::string_view point);

}  // namespace freshet
