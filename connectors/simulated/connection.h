#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "connectors/simulated/simulated_cluster.h"

namespace freshet::simulated {

/// What the objects of one simulated process share: the cluster, and whether the process still lives.
class Connection final {
 public:
  Connection(std::shared_ptr<SimulatedCluster> to, std::string process)
      : cluster(std::move(to)), process_(std::move(process)) {}
  bool Alive() const { return alive_; }
  void Cut() { alive_ = false; }

  /// One step: asks the hook, lets time and background work go on, draws a fault and calls
  /// `body(Injection)` under the cluster's lock. The body handles what is special to its operation.
  template <typename Body>
  std::invoke_result_t<Body&, Injection> Call(Operation operation, Body&& body) {
    if (!alive_ || !Hook(operation, false)) return Cancelled();
    auto result = Locked(operation, body);
    if (!Hook(operation, true)) return Cancelled();
    return result;
  }

  const std::shared_ptr<SimulatedCluster> cluster;

 private:
  template <typename Body>
  std::invoke_result_t<Body&, Injection> Locked(Operation operation, Body& body) {
    const std::lock_guard lock(cluster->mutex_);
    const Injection injection = cluster->BeginStep(operation);
    number_ = cluster->counts_.steps;
    if (injection == Injection::kUnavailable) {
      return MakeError(ErrorCode::kUnavailable, "the simulated broker is not available: try again");
    }
    return body(injection);
  }
  bool Hook(Operation operation, bool after) {
    if (!cluster->hook_) return true;
    if (!after) number_ = NextNumber();
    if (cluster->hook_(Step{operation, after, number_, process_}) == StepAction::kCrash) Cut();
    return alive_;
  }
  std::uint64_t NextNumber() const {
    const std::lock_guard lock(cluster->mutex_);
    return cluster->counts_.steps + 1;
  }
  static Error Cancelled() { return MakeError(ErrorCode::kCancelled, "the simulated process has crashed"); }

  std::string process_;
  bool alive_ = true;
  std::uint64_t number_ = 0;
};

}  // namespace freshet::simulated
