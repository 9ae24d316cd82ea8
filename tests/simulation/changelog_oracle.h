#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/simulated/simulated_cluster.h"
#include "engine/task.h"
#include "simulation/violations.h"
#include "state/commit_point.h"
#include "state/progress_record.h"

namespace freshet::simulation {

/// A batch as its progress record in the changelog tells it.
struct LoggedBatch {
  ProgressRecord progress;
  std::string bytes;  ///< as encoded
  Offset next;        ///< offset after the progress record
};

/// The progress records that are visible in a changelog, in order.
std::vector<LoggedBatch> BatchesOf(const simulated::SimulatedCluster& cluster,
                                   const TopicPartition& changelog);

/// Checks what any operator must keep: I1 (a store's commit point is a batch of the changelog), I3 (sequences
/// without a gap, epochs that do not fall, input ranges that join) and that no two batches have one number.
class ChangelogOracle final {
 public:
  ChangelogOracle(const simulated::SimulatedCluster& cluster, const Topology& topology, bool compacted,
                  Violations& violations)
      : cluster_(cluster), topology_(topology), compacted_(compacted), violations_(violations) {}

  /// A task has told its supervisor of a batch.
  void OnCommit(const CommittedBatch& committed, Partition partition);
  /// After each step of an acquired task. The commit point of its store; absent: it is empty.
  std::optional<CommitPoint> CheckStore(const Task& task);
  /// The changelog has lost its end: what was committed there counts no more.
  void Forget(const std::string& operator_name, Partition partition);
  /// At the end, when everything is decided and visible.
  void CheckEnd();

 private:
  using TaskId = std::pair<std::string, std::int32_t>;
  void CheckSequence(const TopicPartition& changelog, const std::vector<LoggedBatch>& batches);
  const simulated::SimulatedCluster& cluster_;
  const Topology& topology_;
  bool compacted_;
  Violations& violations_;
  std::map<TaskId, std::map<std::uint64_t, std::string>>
      committed_;  // sequence -> progress, as the tasks said
};

}  // namespace freshet::simulation
