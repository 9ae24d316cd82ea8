#pragma once

// What every program that measures with a clock of its own needs: giving up, wall-clock and CPU time.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/format.h"
#include "freshet/result.h"

namespace freshet::bench {

using SteadyClock = std::chrono::steady_clock;

/// A benchmark has nobody to hand an error to.
[[noreturn]] inline void Give(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

template <typename Value>
Value Must(Result<Value> result) {
  if (!result.ok()) Give(result.error().message);
  return std::move(*result);
}

inline void Must(const Result<void>& result) {
  if (!result.ok()) Give(result.error().message);
}

inline double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

/// User and system time of this process.
inline double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace freshet::bench
