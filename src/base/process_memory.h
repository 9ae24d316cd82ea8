#pragma once

#include <cstdint>

namespace freshet {

/// Makes glibc's allocator give memory back: few arenas, and large blocks of their own that return to the
/// system when freed. A batch holds tens of megabytes for milliseconds; with an arena for each thread and the
/// thresholds that glibc raises by itself, what batches leave behind exceeded the tables. Call it once,
/// before threads are started.
void TuneAllocator();

/// Gives free pages of all arenas back to the system. Takes milliseconds, in which other threads that
/// allocate may wait.
void ReturnFreeMemory();

/// Resident set size of this process, bytes; 0 where the system does not tell.
std::uint64_t ResidentBytes();

}  // namespace freshet
