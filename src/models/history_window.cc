#include "models/history_window.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "models/exact_math.h"

namespace freshet {
namespace {

constexpr std::size_t kPlacesMax = 64;

std::size_t PlaceOf(std::span<const WindowItem> places, ItemKey item) {
  std::size_t place = 0;
  while (place < places.size() && places[place].item != item) ++place;
  return place;
}

}  // namespace

float Strength(float weight) {
  if (!(weight > 0)) return 0;
  return weight == 1 ? 1.0f : static_cast<float>(Log2(1.0 + static_cast<double>(weight)));
}

std::size_t CollectWindow(std::span<const HistoryEvent> history, std::span<WindowItem> places) {
  FRESHET_ASSERT(places.size() <= kPlacesMax);
  std::array<bool, kPlacesMax> cancelled{};
  std::size_t count = 0;
  for (std::size_t i = history.size(); i-- > 0;) {
    const HistoryEvent& event = history[i];
    if (event.weight == 0) continue;
    const std::size_t place = PlaceOf(places.first(count), event.item);
    const auto index = static_cast<std::uint32_t>(i);
    if (place == count) {
      if (count == places.size()) break;
      places[count++] = {event.item, 0, index, index};
    }
    if (event.weight < 0) cancelled[place] = true;
    if (cancelled[place] || event.weight <= places[place].strength) continue;
    places[place].strength = event.weight;  // the weight for now: one logarithm a place below
    places[place].strongest = index;
  }
  for (WindowItem& place : places.first(count)) place.strength = Strength(place.strength);
  return count;
}

}  // namespace freshet
