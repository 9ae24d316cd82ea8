#include "base/process_memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#ifdef FRESHET_JEMALLOC
#include <jemalloc/jemalloc.h>

// Read by jemalloc before main. Tasks outnumber cores, so few arenas are enough; what a batch frees goes back
// to the system after a second.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true";
}
#endif

namespace freshet {

void ReturnFreeMemory() {
#ifdef FRESHET_JEMALLOC  // the allocator of a sanitizer decides for itself
  const std::string purge = fmt::format("arena.{}.purge", MALLCTL_ARENAS_ALL);
  mallctl(purge.c_str(), nullptr, nullptr, nullptr, 0);
#endif
}

std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t PeakResidentBytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace freshet
