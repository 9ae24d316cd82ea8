#pragma once

#include <cstddef>
#include <cstdint>

#include "freshet/operator.h"
#include "operators/live_scores.h"

namespace freshet {

inline constexpr char kLiveTable = 'e';

/// The lists that a user task scored last: a window that slides in panes, of which the newest is open.
/// Table 'e' (schemas/state.md).
class LiveWindow final {
 public:
  static constexpr std::size_t kPanes = 20;

  /// `challenger` as in LiveScores: whom the open pane compares from now on.
  static LiveWindow Load(State& state, std::uint32_t challenger);
  void Save(State& state);

  /// Lists ever scored by the task.
  std::uint64_t scored() const { return scored_; }
  void Add(const LivePlaces& places, std::uint64_t history_events);
  /// Of the panes' time; a pane is full by its lists.
  void AddRating(double rating, double predicted, double mean_of_item);
  std::uint64_t OpenLists() const { return open_.Lists(); }
  /// The open pane and the kPanes - 1 before it.
  LiveScores Sum(State& state) const;
  /// The open pane takes the place of the oldest, and another begins.
  void ClosePane(State& state);

 private:
  std::uint64_t scored_ = 0;
  std::uint64_t closed_ = 0;  ///< panes ever
  LiveScores open_;
  bool dirty_ = false;
};

}  // namespace freshet
