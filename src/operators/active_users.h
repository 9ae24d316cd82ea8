#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "freshet/operator.h"
#include "operators/user_state.h"

namespace freshet {

/// The users of a task that were active last, in a ring, and how far their refresh has come: after the item
/// model changed each of them is looked at once, a few in every batch, in ring order. Tables 'a' and 'c'.
class ActiveUsers final {
 public:
  static ActiveUsers Load(State& state, std::uint64_t slots);
  void Save(State& state);

  /// Puts the user into the ring unless it is there.
  void Note(State& state, UserState& user);
  /// The item model has another version: a round over all slots begins.
  void BeginRound(std::uint64_t view_version_hash);
  /// The next users of the running round, at most `count` slots of it.
  std::vector<std::string> Next(State& state, std::size_t count);
  bool RoundRuns() const { return left_ > 0; }

 private:
  std::uint64_t slots_ = 1;
  std::uint64_t next_slot_ = 0;  ///< slots ever given
  std::uint64_t cursor_ = 0;
  std::uint64_t left_ = 0;  ///< slots of the running round still to visit
  std::uint64_t version_ = 0;
  bool dirty_ = false;
};

}  // namespace freshet
