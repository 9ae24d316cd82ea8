#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <chrono>
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
/// A start that was asked to stop may wait for a broker for much longer than anyone waits for its end.
constexpr std::chrono::seconds kStartLeftMax{3};
constexpr std::chrono::milliseconds kStartLook{20};

// Commands that look whether a process holds the directory hold it themselves for an instant.
constexpr int kLockTriesMax = 4;
constexpr std::chrono::milliseconds kLockPause{10};

Result<StateDirectory> LockDirectory(const std::string& path) {
  for (int tries = 1;; ++tries) {
    auto locked = StateDirectory::Lock(path);
    const bool held = !locked.ok() && locked.error().code == ErrorCode::kAlreadyExists;
    if (!held || tries == kLockTriesMax) return locked;
    std::this_thread::sleep_for(kLockPause);
  }
}

/// SIGTERM and SIGINT become something to wait for, in every thread started after this.
sigset_t BlockStopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

/// Takes stop signals while the service starts, on a thread of its own. A start that does not come back soon
/// after one is cut short: like a kill, which the next start repairs.
class StartGuard final {
 public:
  explicit StartGuard(const sigset_t& stop)
      : stop_(stop), thread_([this](const std::stop_token& started) { Watch(started); }) {}

  /// After the start: whether a stop signal came.
  bool Finish() {
    thread_.request_stop();
    thread_.join();
    return asked_;
  }

 private:
  void Watch(const std::stop_token& started) {
    const timespec look{0, std::chrono::nanoseconds(kStartLook).count()};
    while (sigtimedwait(&stop_, nullptr, &look) <= 0) {
      if (started.stop_requested()) return;
    }
    asked_ = true;
    LogInfo("stopping before the start has ended");
    const auto limit = std::chrono::steady_clock::now() + kStartLeftMax;
    while (!started.stop_requested()) {
      if (std::chrono::steady_clock::now() >= limit) {
        LogWarn("the start did not come to an end and was cut short", {{"limit_s", kStartLeftMax.count()}});
        ::_exit(0);
      }
      std::this_thread::sleep_for(kStartLook);
    }
  }

  const sigset_t stop_;
  std::atomic<bool> asked_ = false;
  std::jthread thread_;  // last: it uses the others
};

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
    int signal = -1;
    do {
      signal = sigtimedwait(&stop, nullptr, &limit);
    } while (signal < 0 && errno == EINTR);  // a stopped process that goes on, or one that is traced
    LogError(signal > 0 ? "stopped at once by a second signal" : "stopping took too long and was cut short",
             {{"limit_s", kStopSecondsMax}});
    ::_exit(1);
  }).detach();
}

Result<int> Run(const Config& config) {
  ConfigureLogging(config.log.level, config.log.format);
  const sigset_t stop = BlockStopSignals();
  // Before the group is joined: two processes with one directory would take the partitions from each other.
  FRESHET_TRY([[maybe_unused]] const StateDirectory locked, LockDirectory(config.data.dir));
  StartGuard guard(stop);
  auto started = Service::Start(config);
  const bool early = guard.Finish();
  if (!started.ok()) {
    if (!early) return std::move(started).error();
    LogInfo("stopped", {{"start", started.error().message}});
    return 0;
  }
  const std::unique_ptr<Service> service = std::move(*started);
  const bool asked = early || WaitForStop(*service, stop);
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
