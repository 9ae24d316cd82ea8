#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hash.h"
#include "base/random.h"
#include "models/net_table.h"

namespace freshet {

/// The first `count` items of a chunk, with random vectors and biases.
inline NetChunk RandomChunk(std::size_t number, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  NetChunk chunk;
  chunk.count = count;
  for (std::size_t i = 0; i < count; ++i) {
    chunk.keys[i] = {MixBits(1 + number * kNetChunkItems + i)};
    chunk.biases[i] = static_cast<float>(random.Uniform());
    for (float& element : chunk.vectors[i].value) element = static_cast<float>(random.Uniform() - 0.5);
  }
  return chunk;
}

}  // namespace freshet
