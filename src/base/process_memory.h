#pragma once

#include <cstdint>

namespace freshet {

/// Gives the free pages of jemalloc, the allocator of all builds but the sanitizers', back to the system at
/// once. Takes milliseconds, in which other threads that allocate may wait.
void ReturnFreeMemory();

/// Resident set size of this process, bytes; 0 where the system does not tell.
std::uint64_t ResidentBytes();

/// The most that it has been since the process started; 0 where the system does not tell.
std::uint64_t PeakResidentBytes();

}  // namespace freshet
