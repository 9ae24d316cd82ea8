#pragma once

// Internal to src/storage: writes sorted tables beside a database and hands them over.

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <span>
#include <string>

#include "freshet/result.h"
#include "storage/database.h"

namespace freshet {

/// See Database::Ingest. The database must be empty: RocksDB 7.8 may order ingested tables wrongly against
/// what is in the memtable.
Result<void> BulkLoad(rocksdb::DB& rocks, const rocksdb::Options& options, const std::string& directory,
                      std::span<const SortedEntry> sorted);

/// Removes what a bulk load that was cut off left behind.
void RemoveBulkLoadFiles(const std::string& directory);

}  // namespace freshet
