#include "base/thread_time.h"

#include <ctime>

namespace freshet {

std::chrono::nanoseconds ThreadTime() {
  timespec used{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace freshet
