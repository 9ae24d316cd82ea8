#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "connectors/simulated/simulated_log.h"
#include "engine/task.h"
#include "engine/view_feed.h"
#include "simulation/broken_log.h"
#include "simulation/scenario.h"

namespace freshet::simulation {

/// One process of the service: its connection, a task for each partition of each operator, and the item view.
/// It can be killed and started again with what its directory holds.
class Process final {
 public:
  struct Options {
    std::string name;
    std::string folder;  ///< its data directory
    Broken broken = Broken::kNothing;
    BatchLimits limits;
    bool grouped = false;     ///< its tasks are those that the group gives it
    std::string instance_id;  ///< static membership where not empty
    std::function<void(const CommittedBatch&, Partition)> on_commit;
  };
  Process(std::shared_ptr<simulated::SimulatedCluster> cluster, const Scenario& scenario, Options options);

  void Start();
  /// Ends it at once: open transactions stay open, nothing more has an effect.
  void Kill();
  bool Running() const { return raw_ != nullptr; }
  /// False after a crash: its objects are there, but nothing that they do reaches the cluster.
  bool Alive() const { return raw_ != nullptr && raw_->Alive(); }

  std::size_t TaskCount() const { return tasks_.size(); }  ///< 0 while it is killed
  std::size_t TaskCountWhenStarted() const { return names_.size(); }
  Task& task(std::size_t number) { return *tasks_[number]; }
  /// Which tasks it steps: those it believes to own.
  bool owns(std::size_t task) const { return owned_[task]; }
  void SetOwned(std::size_t task, bool owned) { owned_[task] = owned; }
  /// Asks the group, and releases the tasks that it lost. True: what it owns has changed.
  bool PollGroup();
  /// Ends in good order: releases its tasks and leaves the group.
  void Leave();
  ViewFeed* feed() { return feed_.get(); }
  const std::string& folder() const { return options_.folder; }

  /// While it is killed: throws a task's directory away, keeps a copy of it, puts the copy back.
  void LoseDirectory(std::size_t task);
  void TearSomeFile(std::size_t task, Random& random);
  void KeepCopy(std::size_t task);
  bool PutCopyBack(std::size_t task);

  bool busy = false;  ///< inside a step

 private:
  void JoinGroup();
  std::string DirectoryOf(std::size_t task) const;
  std::string CopyOf(std::size_t task) const;
  std::shared_ptr<simulated::SimulatedCluster> cluster_;
  const Scenario& scenario_;
  Options options_;
  std::vector<std::string> names_;
  std::vector<TopicPartition> leads_;  // by task: the partition of the group that it goes with
  std::vector<bool> owned_;
  std::shared_ptr<StorageMemory> memory_;
  MetricsRegistry metrics_;
  // In this order: tasks and feed end before the logs that they use.
  std::unique_ptr<simulated::SimulatedLog> raw_;
  std::unique_ptr<BrokenLog> log_;
  std::unique_ptr<Membership> membership_;
  std::unique_ptr<ViewFeed> feed_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

}  // namespace freshet::simulation
