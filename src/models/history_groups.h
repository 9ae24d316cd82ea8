#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freshet {

/// Metrics are also told apart by how long the user's history was, in events.
inline constexpr std::size_t kHistoryGroups = 4;
inline constexpr std::array<std::string_view, kHistoryGroups> kHistoryGroupNames = {"0", "1-4", "5-19",
                                                                                    "20+"};
inline std::size_t HistoryGroupOf(std::uint64_t events) {
  if (events == 0) return 0;
  if (events < 5) return 1;
  return events < 20 ? 2 : 3;
}

}  // namespace freshet
