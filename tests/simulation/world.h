#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "connectors/simulated/simulated_cluster.h"
#include "connectors/simulated/simulated_log.h"
#include "simulation/broken_log.h"
#include "simulation/changelog_oracle.h"
#include "simulation/fold_oracle.h"
#include "simulation/process.h"
#include "simulation/scenario.h"
#include "simulation/violations.h"

namespace freshet::simulation {

enum class What { kFold, kRecommender };

struct WorldOptions {
  std::uint64_t seed = 1;
  What what = What::kFold;
  Broken broken = Broken::kNothing;
};

/// What happened, to see that a test tests something.
struct WorldCounts {
  std::uint64_t steps = 0;
  std::uint64_t batches = 0;
  std::uint64_t sent = 0;
  std::uint64_t crashes = 0;
  std::uint64_t takeovers = 0;
  std::uint64_t nested_steps = 0;
  std::uint64_t lost_directories = 0;
  std::uint64_t old_directories = 0;
  std::uint64_t torn_files = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t truncations = 0;
  std::uint64_t torn = 0;
};

/// One run: a cluster, two processes that both believe they own some tasks, an upstream, and faults, all
/// driven by one seed on one thread. In the middle of any call of one process to the log, the other one may
/// take a step, records may come in or the process may crash.
class World final {
 public:
  explicit World(const WorldOptions& options);
  ~World();
  /// The whole run, with all checks.
  void Run();
  const Violations& violations() const { return violations_; }
  const WorldCounts& counts() const { return counts_; }

 private:
  simulated::FaultPlan DrawPlan();
  void CreateTopics();
  void SomethingHappens();
  simulated::StepAction OnCall(const simulated::Step& step);
  void Send(std::uint64_t records);
  void StepProcess(std::size_t process);
  void StepTask(Process& process, std::size_t task);
  void Restart(Process& process);
  void Start(Process& process);
  void MoveSomeTask();
  void LeaveAndComeBack(Process& process);
  void LoseEndOfSomeChangelog();
  void Check(const Task& task);
  void Drain();
  bool StepAll(Process& process);
  bool ReadToEnd(Process& process);
  void CheckEnd();
  void VerifyReplay();
  void RestoreFromNothing();

  WorldOptions options_;
  Random random_;
  std::unique_ptr<Scenario> scenario_;
  bool compacted_ = false;  // the changelogs
  bool grouped_ = false;    // tasks move as a group says, not as the test does
  bool truncated_ = false;  // a changelog loses its end once
  double crash_ = 0;
  double nested_ = 0;
  Violations violations_;
  WorldCounts counts_;
  std::shared_ptr<simulated::SimulatedCluster> cluster_;
  std::unique_ptr<ChangelogOracle> changelogs_;
  std::unique_ptr<FoldOracle> fold_;
  std::unique_ptr<simulated::SimulatedLog> upstream_;
  std::string folder_;
  std::vector<std::unique_ptr<Process>> processes_;
  bool faults_ = false;
  int depth_ = 0;
  std::string last_error_;
};

}  // namespace freshet::simulation
