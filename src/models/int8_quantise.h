#pragma once

#include <cstdint>
#include <span>

namespace freshet {

/// Writes integers in [-127, 127] and returns the scale that brings them back: the largest magnitude / 127.
/// 0, with all codes 0, where no magnitude reaches 1e-30; not finite where a number is not.
float QuantiseToInt8(std::span<const float> vector, std::span<std::int8_t> codes);

}  // namespace freshet
