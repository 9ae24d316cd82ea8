#include "models/transition_cells.h"

#include <algorithm>

#include "base/assert.h"
#include "models/exact_math.h"
#include "models/history_window.h"

namespace freshet {

std::array<float, kTransitionWindowMax> LagWeights(double tau) {
  FRESHET_ASSERT(tau > 0);
  std::array<float, kTransitionWindowMax> weights{};
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(Exp(-static_cast<double>(i) / tau));
  return weights;
}

float SoonWeight(std::size_t place, std::int64_t gap_ms) {
  constexpr double kHours = 12.0 * 3600 * 1000;
  const double decay = gap_ms > 0 ? Exp(-static_cast<double>(gap_ms) / kHours) : 1.0;
  return static_cast<float>(decay / static_cast<double>(place + 1));
}

TransitionCounter::TransitionCounter(const TransitionOptions& options)
    : window_(options.window), lags_(LagWeights(options.tau)) {
  FRESHET_ASSERT(window_ > 0);
  FRESHET_ASSERT(window_ <= kTransitionWindowMax);
}

void TransitionCounter::Count(std::span<const HistoryEvent> before, const HistoryEvent& event,
                              std::vector<TouchedCell>& to) const {
  Append(before, event, 1, to);
}

void TransitionCounter::Append(std::span<const HistoryEvent> before, const HistoryEvent& event, float sign,
                               std::vector<TouchedCell>& to) const {
  float strength = Strength(event.weight);
  if (strength == 0) return;
  std::array<WindowItem, kTransitionWindowMax + 1> places;
  const std::size_t count = CollectWindow(before, std::span(places).first(window_ + 1));
  if (count > 0 && places[0].item == event.item) strength = std::max(0.0f, strength - places[0].strength);
  if (strength == 0) return;
  std::size_t lag = 0;
  for (std::size_t i = 0; i < count && lag < window_; ++i) {
    if (places[i].item == event.item) continue;
    const float together = sign * strength;
    const std::size_t place = lag++;
    if (places[i].strength == 0) continue;
    const float near = together * lags_[place];
    const float soon = together * SoonWeight(place, event.at.ms - before[places[i].newest].at.ms);
    to.push_back({places[i].item, event.item, soon, 0, near, together, event.at});
    to.push_back({event.item, places[i].item, 0, soon, near, together, event.at});
  }
}

void TransitionCounter::Move(std::span<const HistoryEvent> before, std::span<const HistoryEvent> after,
                             const HistoryEvent& event, std::vector<TouchedCell>& to) const {
  std::array<WindowItem, kTransitionWindowMax + 1> old_places;
  std::array<WindowItem, kTransitionWindowMax + 1> new_places;
  const std::size_t was = CollectWindow(before, std::span(old_places).first(window_ + 1));
  const std::size_t is = CollectWindow(after, std::span(new_places).first(window_ + 1));
  const auto same = [&](const WindowItem& a, const WindowItem& b) {
    return a.item == b.item && a.strength == b.strength && before[a.newest].at == after[b.newest].at;
  };
  if (was == is && std::equal(old_places.begin(), old_places.begin() + static_cast<std::ptrdiff_t>(was),
                              new_places.begin(), same)) {
    return;
  }
  Append(before, event, -1, to);
  Append(after, event, 1, to);
}

void TransitionCounter::Retract(std::span<const HistoryEvent> history, std::size_t index,
                                std::vector<TouchedCell>& to) const {
  FRESHET_ASSERT(index < history.size());
  Append(history.first(index), history[index], -1, to);
  std::vector<HistoryEvent> without(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(index));
  std::vector<ItemKey> since;  // distinct items after the event: once they fill the window it has no effect
  for (std::size_t i = index + 1; i < history.size() && since.size() <= window_ + 1; ++i) {
    if (history[i].weight == 0) continue;
    Append(history.first(i), history[i], -1, to);
    Append(without, history[i], 1, to);
    without.push_back(history[i]);
    const ItemKey item = history[i].item;
    if (std::find(since.begin(), since.end(), item) == since.end()) since.push_back(item);
  }
}

}  // namespace freshet
