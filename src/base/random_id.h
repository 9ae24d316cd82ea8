#pragma once

#include <string>

namespace freshet {

/// The identity of something new, 32 hexadecimal digits from the operating system: the one thing about it
/// that must differ from run to run.
std::string RandomId();

}  // namespace freshet
