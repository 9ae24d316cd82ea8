#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "freshet/model.h"

namespace freshet {

/// Places of the current session that sessions are compared by.
inline constexpr std::size_t kSessionPlaces = 8;

/// What the session source computes for a list. Kept by the candidate pool between lists.
struct SessionMemory {
  struct Neighbour {
    SessionRef session;
    std::uint32_t places = 0;  ///< bit p: it has the item of place p
    const UserSession* found = nullptr;
  };
  std::array<std::vector<SessionRef>, kSessionPlaces> lists;  ///< newest sessions with a place's item
  std::vector<Neighbour> neighbours;
  std::vector<float> values;    ///< of neighbours: similarity, then weight; padded to whole lanes
  std::vector<float> decays;    ///< of neighbours
  std::vector<float> ranking;   ///< of values, to find the strongest
  std::vector<float> partials;  ///< kSessionPlaces of each slot, from slot 0
};

}  // namespace freshet
