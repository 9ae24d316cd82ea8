#pragma once

#include <cstdint>
#include <optional>

#include "freshet/operator.h"

namespace freshet {

/// Slots of the sessions that one user task publishes: a new session takes the place of the oldest. Kept in
/// the task's state.
class SessionRing final {
 public:
  static SessionRing Load(State& state);
  void Save(State& state) const;
  /// The slot of the next session in a ring of `kept` slots, at least one.
  std::uint32_t Take(std::uint32_t kept);
  /// A slot to be cleared because the ring became smaller.
  std::optional<std::uint32_t> TakeSurplus(std::uint32_t kept);

 private:
  std::uint64_t taken_ = 0;  ///< ever
  std::uint32_t used_ = 0;   ///< slots below it have been given out and not cleared
};

}  // namespace freshet
