#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integration/kill/child_process.h"
#include "text_file.h"

namespace freshet::testing {

/// A line "task acquired" of the service's log.
struct Acquisition {
  std::string task;
  std::uint64_t restored_records = 0;
  bool full_restore = false;
};

/// `freshet run` on one data directory, started and ended again and again. Each run has a log file of its
/// own.
class ServiceProcess final {
 public:
  struct Place {
    std::filesystem::path data;
    std::filesystem::path logs;
    std::vector<std::string> settings;  ///< KEY=VALUE for --set
  };
  explicit ServiceProcess(Place place) : place_(std::move(place)) {}

  /// `fail`: the value of FRESHET_FAIL, or nothing.
  void Start(const std::string& fail = "");
  void Kill9();
  /// SIGTERM and its end: the exit code.
  int Stop();
  void Continue() const;
  bool Alive() { return child_ && child_->Alive(); }
  int Wait() { return child_->Wait(); }
  pid_t pid() const { return child_->pid(); }

  /// Waits until /readyz says 200: how long that took since Start. Nothing when it ended before, or in a
  /// minute.
  std::optional<std::chrono::milliseconds> WaitReady();
  bool Ready() const;
  /// host:port while it serves.
  std::string Address() const;
  /// Sum of the metric's samples; 0 where there are none.
  double Metric(std::string_view name) const;
  /// Status of the answer; 0 when there was none.
  int Post(const std::string& topic, const std::string& lines) const;

  std::string Log() const { return ReadText(log_); }
  std::vector<Acquisition> Acquisitions() const;
  /// Tasks of the last assignment that the log tells of.
  int TasksAssigned() const;
  /// Whether it is stopped by a signal, as /proc says.
  bool Paused() const;
  const Place& place() const { return place_; }
  /// Arguments that a command beside this service needs.
  std::vector<std::string> WithPlace(std::vector<std::string> command) const;

 private:
  Place place_;
  std::unique_ptr<ChildProcess> child_;
  std::filesystem::path log_;
  std::chrono::steady_clock::time_point started_;
  int runs_ = 0;
};

}  // namespace freshet::testing
