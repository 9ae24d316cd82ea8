#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <ctime>
#include <thread>

#include "app/commands/commands.h"
#include "app/service.h"
#include "base/format.h"
#include "base/logging.h"
#include "state/state_directory.h"

namespace freshet {
namespace {

/// Batches end within milliseconds; what takes longer hangs, and a restart repairs everything.
constexpr unsigned kStopSecondsMax = 10;

/// SIGTERM and SIGINT become something to wait for, in every thread started after this.
sigset_t BlockStopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

/// Returns when a stop signal came (true) or the service cannot go on (false).
bool WaitForStop(const Service& service, const sigset_t& stop) {
  const timespec slice{0, 200'000'000};
  while (true) {
    if (sigtimedwait(&stop, nullptr, &slice) > 0) return true;
    if (!service.FatalError().empty()) return false;
  }
}

/// Ends the process when stopping takes too long or another stop signal comes.
void GuardStop(const sigset_t& stop) {
  std::thread([stop] {
    const timespec limit{kStopSecondsMax, 0};
    const int signal = sigtimedwait(&stop, nullptr, &limit);
    LogError(signal > 0 ? "stopped at once by a second signal" : "stopping took too long and was cut short",
             {{"limit_s", kStopSecondsMax}});
    ::_exit(1);
  }).detach();
}

Result<int> Run(const Config& config) {
  ConfigureLogging(config.log.level, config.log.format);
  const sigset_t stop = BlockStopSignals();
  // Before the group is joined: two processes with one directory would take the partitions from each other.
  FRESHET_TRY([[maybe_unused]] const StateDirectory locked, StateDirectory::Lock(config.data.dir));
  FRESHET_TRY(const std::unique_ptr<Service> service, Service::Start(config));
  const bool asked = WaitForStop(*service, stop);
  if (!asked) LogError("the service cannot go on", {{"reason", service->FatalError()}});
  LogInfo("stopping");
  GuardStop(stop);
  service->Stop();
  LogInfo("stopped");
  return asked ? 0 : 1;
}

}  // namespace

void AddRunCommand(CommandLine& line) {
  line.Add({.name = "run",
            .summary = "The service: learns from every event, publishes lists, answers queries",
            .example = "freshet run --data freshet-data"},
           Run);
}

}  // namespace freshet
