#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "engine/task.h"
#include "engine/topology.h"
#include "engine/view_feed.h"
#include "freshet/log.h"

namespace freshet {

/// What tables and view may hold together; the view comes first. Bytes.
struct MemoryBounds {
  std::size_t tables = 384 << 20;  ///< of all tasks, as long as the view keeps to its own part
  std::size_t view = 128 << 20;
  std::size_t tasks = 6;           ///< that share the tables, over all processes
  std::size_t resident = 1 << 30;  ///< of the process; from here on freed memory is given back
};

/// Held now, bytes.
struct EngineMemory {
  std::size_t tables = 0;
  std::size_t view = 0;
};

struct SupervisorOptions {
  std::string data_directory;  ///< tasks keep their state in <data>/state/<operator>-<partition>
  GroupOptions group;          ///< lead topics are filled in from the topology
  TaskOptions task;            ///< partition and directory are filled in for each task
  ViewFeed::Options view;      ///< topic and partitions are filled in
  MemoryBounds memory;
};

/// Runs the tasks that the group gives to this process, one thread each, beside one thread for the group and
/// one for the item view. Start and Stop are called by one thread; the rest is thread-safe.
///
/// A task that fails is acquired again, after a pause that doubles from 50 ms to 5 s; the others go on. A
/// task whose partition went to another process is released. Through a rebalance tasks keep running: whoever
/// owns a partition next fences them.
class Supervisor final {
 public:
  Supervisor(Log& log, Topology topology, SupervisorOptions options, MetricsRegistry& metrics,
             CommitListener on_commit = {});
  ~Supervisor();
  Result<void> Start();
  /// Ends all batches and transactions and leaves the group. Blocks until all threads are through.
  void Stop();

  /// Empty when every assigned task runs and the view is caught up; else what is missing, for people.
  std::vector<std::string> NotReady() const;
  const ViewSource& views() const { return *view_; }
  const Topology& topology() const { return topology_; }
  /// The committed state of a running task of this process, for queries; null where it does not run here.
  std::shared_ptr<const Database> StateOf(const std::string& operator_name, Partition partition) const;
  EngineMemory Memory() const;
  /// A failure that no repetition mends, such as a state directory of a newer version; empty: none.
  std::string FatalError() const;

 private:
  struct Running {
    std::unique_ptr<Task> task;
    std::thread thread;
    std::atomic<bool> stop{false};
    std::atomic<bool> ready{false};
    std::atomic<bool> ended{false};  // its thread has given everything back
    std::mutex mutex;                // guards the members below
    std::vector<Position> positions;
    std::size_t table_bytes = 0;
    std::shared_ptr<const Database> state;
    std::string last_error;
  };
  using TaskId = std::pair<std::string, std::int32_t>;  // operator, partition

  void RunGroup();
  void RunView();
  void RunTask(Running& running);
  void AfterStep(Running& running);
  void Pause(Running& running, std::chrono::milliseconds pause) const;
  void Reassign(const std::vector<TopicPartition>& owned);
  void StartTask(const OperatorSpec& spec, Partition partition);
  void StartWanted();
  void StopTasks(const std::vector<TaskId>& ids);
  void JoinLeaving(bool wait);
  void Advise();
  void GiveUp(const std::string& reason);
  void BoundMemory();
  void ReturnMemory();
  void MeasureLag(const std::vector<Position>& next);
  const OperatorSpec* SpecOfLead(const std::string& topic) const;

  Log& log_;
  const Topology topology_;
  SupervisorOptions options_;
  MetricsRegistry& metrics_;
  CommitListener on_commit_;
  std::map<std::string, std::unique_ptr<TaskMetrics>> task_metrics_;
  std::unique_ptr<ViewFeed> view_;
  const std::shared_ptr<TableBudget> table_budget_ = std::make_shared<TableBudget>();
  bool view_exceeds_ = false;                          // thread of the group
  std::chrono::steady_clock::time_point returned_at_;  // the same
  std::unique_ptr<Membership> membership_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> assigned_{false};
  mutable std::mutex mutex_;  // guards tasks_, wanted_ and fatal_
  std::map<TaskId, std::unique_ptr<Running>> tasks_;
  std::map<TaskId, const OperatorSpec*> wanted_;        // of this process, by the last assignment
  std::map<TaskId, std::unique_ptr<Running>> leaving_;  // told to stop; group thread, then Stop
  std::string fatal_;
  std::thread group_thread_;
  std::thread view_thread_;
};

}  // namespace freshet
