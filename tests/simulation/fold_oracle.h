#pragma once

#include "connectors/simulated/simulated_cluster.h"
#include "engine/task.h"
#include "simulation/fold_operator.h"
#include "simulation/violations.h"
#include "state/commit_point.h"

namespace freshet::simulation {

/// Checks the fold operator against FoldReference: I2 (a store equals the fold of the inputs up to its
/// offsets), I5 (outputs and dead letters are those of the committed batches, in order, each once) and that
/// every record sent has exactly one outcome.
class FoldOracle final {
 public:
  FoldOracle(const simulated::SimulatedCluster& cluster, const Topology& topology, Violations& violations)
      : cluster_(cluster), topology_(topology), violations_(violations) {}
  void CheckState(const Task& task, const CommitPoint& point);
  struct Changelogs {
    bool compacted = false;  ///< not all batches are known: totals and last counts are compared
    bool truncated = false;  ///< the same, and batches that were lost have sent their letters already
  };
  /// `sent`: records appended upstream.
  void CheckEnd(std::uint64_t sent, const Changelogs& changelogs);

 private:
  struct Inputs {
    std::vector<Record> records[2];
  };
  Inputs InputsOf(Partition partition) const;
  void CheckBatches(Partition partition, FoldReference& reference);
  void CheckLastCounts(Partition partition, FoldReference& reference);
  void CheckLetters(Partition partition, FoldReference& reference, bool may_repeat);
  const simulated::SimulatedCluster& cluster_;
  const Topology& topology_;
  Violations& violations_;
};

}  // namespace freshet::simulation
