#pragma once

// Internal to src/storage.

#include <rocksdb/sst_partitioner.h>

#include <memory>

#include "storage/database.h"

namespace freshet {

/// Cuts tables where the prefix of a run ends; see AscendingRuns.
std::shared_ptr<rocksdb::SstPartitionerFactory> MakeRunPartitioner(const AscendingRuns& runs);

}  // namespace freshet
