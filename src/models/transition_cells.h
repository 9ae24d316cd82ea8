#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "freshet/model.h"
#include "models/decay.h"

namespace freshet {

inline constexpr std::size_t kTransitionWindowMax = 32;

struct TransitionOptions {
  std::size_t window =
      20;          ///< distinct items before an event that it is counted with; at most kTransitionWindowMax
  double tau = 4;  ///< near, the d-th of them counts exp(-(d - 1) / tau); together, 1
  HalfLife half_life{90LL * 24 * 3600 * 1000};
};

/// exp(-(d - 1) / tau) at index d - 1.
std::array<float, kTransitionWindowMax> LagWeights(double tau);

/// What follows within hours: an item `place` places back (0: the last) and `gap` ms ago counts
/// exp(-gap / half a day) / (1 + place).
float SoonWeight(std::size_t place, std::int64_t gap_ms);

/// A change of one cell: of `row`'s item, about `other`, worth this much at time `at`.
struct TouchedCell {
  ItemKey row;
  ItemKey other;
  float forward = 0;
  float backward = 0;
  float near = 0;
  float together = 0;
  Timestamp at;
};

/// Counts which item follows which. An event adds its strength times SoonWeight to the forward cell of each
/// of the last distinct items, and to the backward cells of its own row; its strength times the lag's weight
/// to what both say of each other near, and its strength alone to that together. An event on the item of the
/// event just before it adds only what its strength exceeds that item's. Stateless but for its table; cheap
/// to copy.
class TransitionCounter final {
 public:
  explicit TransitionCounter(const TransitionOptions& options);

  /// Appends the cells touched by `event`, which follows `before` (newest last).
  void Count(std::span<const HistoryEvent> before, const HistoryEvent& event,
             std::vector<TouchedCell>& to) const;

  /// Appends what changes when `event` follows `after` where it was counted as following `before`.
  void Move(std::span<const HistoryEvent> before, std::span<const HistoryEvent> after,
            const HistoryEvent& event, std::vector<TouchedCell>& to) const;

  /// Appends what takes history[index] back: its own cells, and what its going changes for the events after
  /// it. Count over the history plus this equals, to rounding, Count over the history without the event.
  void Retract(std::span<const HistoryEvent> history, std::size_t index, std::vector<TouchedCell>& to) const;

 private:
  void Append(std::span<const HistoryEvent> before, const HistoryEvent& event, float sign,
              std::vector<TouchedCell>& to) const;

  std::size_t window_;
  std::array<float, kTransitionWindowMax> lags_;
};

}  // namespace freshet
