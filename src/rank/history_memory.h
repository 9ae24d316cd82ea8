#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/spd_solver.h"
#include "rank/rank_options.h"

namespace freshet {

/// What the history source computes for a list. Kept by the candidate pool between lists.
struct HistoryMemory {
  SpdSolver solver;
  std::vector<std::uint32_t> places;  ///< those that speak
  std::vector<float> scales;          ///< of each of them: from its row's landmark to the list's reference
  std::vector<double> solution;       ///< of each of them
  std::array<float, kRowPlacesMax>
      weights{};              ///< what a place's cells are multiplied by; 0: it does not speak
  std::vector<float> scores;  ///< by slot, from slot 0; may be negative
};

}  // namespace freshet
