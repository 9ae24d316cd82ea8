#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "freshet/result.h"
#include "models/net_table.h"

namespace freshet {

// What the network's owner publishes in the topic `item-model`, partition 0 (schemas/state.md):
//   key  0x00 'N' number:u32 big-endian  -> encoded NetChunk, its vectors rounded to 16 bits (bfloat16)
//   key  0x00 'A'                        -> encoded MixerWeights

inline constexpr std::string_view kNetMixerKey{"\0A", 2};
std::string NetChunkKey(std::size_t number);
/// Nothing: the key is of another kind.
std::optional<std::size_t> NetChunkNumber(std::string_view key);

std::string EncodeNetChunk(const NetChunk& chunk);
Result<std::shared_ptr<const NetChunk>> DecodeNetChunk(std::string_view bytes);
std::string EncodeNetMixer(const MixerWeights& weights);
Result<MixerWeights> DecodeNetMixer(std::string_view bytes);

}  // namespace freshet
