#pragma once

#include <string>

#include "base/random.h"

namespace freshet::simulation {

/// What a disk may do to a file of a directory, and below it, while nobody has it open: the file loses its
/// end, or its end is zeros, as after a write that was cut off. Left alone are files that only hold messages,
/// and RocksDB's MANIFEST: it is synced before it is relied on, and RocksDB takes a shorter one for whole.
void TearSomeFile(const std::string& directory, Random& random);

}  // namespace freshet::simulation
