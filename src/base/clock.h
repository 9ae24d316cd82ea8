#pragma once

#include <chrono>
#include <cstdint>

#include "freshet/ids.h"

namespace freshet {

/// Where time comes from. Engines and connectors take one; operators and models never see it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;                    ///< wall clock, ms
  virtual std::chrono::nanoseconds Steady() const = 0;  ///< monotonic, for durations
};

/// The operating system's clocks. Stateless; the reference lives for ever.
const Clock& SystemClock();

/// A clock that moves only when told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = {1'700'000'000'000}) : now_(start) {}
  Timestamp Now() const override { return now_; }
  std::chrono::nanoseconds Steady() const override { return std::chrono::milliseconds(now_.ms); }
  void Advance(std::chrono::milliseconds by) { now_.ms += by.count(); }

 private:
  Timestamp now_;
};

}  // namespace freshet
