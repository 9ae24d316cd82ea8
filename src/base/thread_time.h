#pragma once

#include <chrono>

namespace freshet {

/// Processor time that the calling thread has used: for costs that must not depend on what else the machine
/// does. About 0.3 us a call.
std::chrono::nanoseconds ThreadTime();

}  // namespace freshet
