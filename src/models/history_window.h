#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "freshet/model.h"

namespace freshet {

/// One place of a user's recent past: an item, counted once however many events it had.
struct WindowItem {
  ItemKey item;
  float strength = 0;           ///< Strength of its strongest event; 0: disliked, it proposes nothing
  std::uint32_t newest = 0;     ///< index into the history
  std::uint32_t strongest = 0;  ///< index of the event that gives the strength
};

/// What an interaction's weight counts for in item-to-item evidence: log2(1 + weight), so that a purchase (8)
/// is worth three views (1), not eight. 0 for weights <= 0.
float Strength(float weight);

/// The last distinct items of `history` (newest last), the newest first, at most places.size(); returns how
/// many. An event of negative weight cancels the older events of its item. An event of weight 0 was taken
/// back: it is as if it had never been.
std::size_t CollectWindow(std::span<const HistoryEvent> history, std::span<WindowItem> places);

}  // namespace freshet
