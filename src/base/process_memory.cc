#include "base/process_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace freshet {
namespace {

constexpr int kArenasMax = 4;              // tasks outnumber cores; contention stays rare
constexpr int kOwnMappingBytes = 4 << 20;  // and above: dear to map, so not for what every poll makes
constexpr int kTrimBytes = 4 << 20;        // free at the end of a heap before it is given back

}  // namespace

void TuneAllocator() {
  mallopt(M_ARENA_MAX, kArenasMax);
  mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
  mallopt(M_TRIM_THRESHOLD, kTrimBytes);
}

void ReturnFreeMemory() { malloc_trim(0); }

std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace freshet
