#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace freshet {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment; Damerau 1964). Costs |a| x |b| steps.
std::size_t EditDistance(std::string_view a, std::string_view b);

/// The candidate closest to `word`, or "" when even that one is too far to be a typing mistake
/// (more than a third of the longer word).
std::string Nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace freshet
