#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace freshet {

/// A line on stderr that is rewritten while work goes on: only on a terminal, and only after its first
/// second. Used by one thread.
class Progress final {
 public:
  explicit Progress(std::string what);
  /// Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Costs next to nothing unless the line is due (ten times a second).
  void Show(std::uint64_t done);
  double Seconds() const;

 private:
  std::string what_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;
  bool watched_;
  bool shown_ = false;
};

}  // namespace freshet
