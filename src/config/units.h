#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

/// "250ms", "1.5h", "7d" (ms, s, m, h, d, w); a bare "0" is allowed, any other number needs its unit.
/// The result is a whole number of milliseconds, not negative and below 10,000 years.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// The shortest exact spelling that ParseDuration reads back: 90000 ms is "90s", 0 is "0ms".
std::string FormatDuration(std::chrono::milliseconds duration);

/// "64MiB", "10kB", "4096" (bytes; B, kB, MB, GB, TB are powers of 1000, KiB to TiB of 1024).
Result<std::int64_t> ParseSize(std::string_view text);

/// The shortest exact spelling in powers of 1024 that ParseSize reads back: 8388608 is "8MiB".
std::string FormatSize(std::int64_t bytes);

}  // namespace freshet
