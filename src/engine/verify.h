#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/replay.h"

namespace freshet {

/// What a verification found. Equal means byte for byte.
struct VerifyReport {
  std::uint64_t tasks = 0;
  std::uint64_t batches = 0;
  std::uint64_t records = 0;  ///< input records replayed
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t outputs = 0;  ///< records compared in output topics
  std::uint64_t state_keys = 0;
  std::vector<std::string> differences;  ///< empty: everything is equal; at most 20
  bool ok() const { return differences.empty(); }
};

struct VerifyOptions {
  std::string data_directory;  ///< whose state directories are compared; empty: the changelogs alone
  ItemViewOptions view;
  bool cut_batches_allowed = false;  ///< in the changelogs: written with at_least_once
};

/// Replays every task of the topology from its inputs and its recorded schedule, single-threaded, and
/// compares the changelog's batches, the state directories and the output topics with what comes out. Needs
/// inputs, changelogs and item model from their beginning: kOutOfRange says which was thinned by retention or
/// compaction. The service must not run.
Result<VerifyReport> Verify(Log& log, const Topology& topology, const VerifyOptions& options);

}  // namespace freshet
