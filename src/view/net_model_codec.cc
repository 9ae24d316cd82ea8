#include "view/net_model_codec.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "models/bfloat16.h"

namespace freshet {
namespace {

constexpr std::uint8_t kChunkVersion = 1;
constexpr std::uint8_t kMixerVersion = 1;
constexpr std::string_view kChunkPrefix{"\0N", 2};
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kChunksMax = 1 << 20;  // a damaged key must not make a table of gigabytes

Error Corrupt(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt, std::string(what) + " is damaged or of a newer version");
}

}  // namespace

std::string NetChunkKey(std::size_t number) {
  std::string wide;
  AppendBigEndian(wide, number);
  return std::string(kChunkPrefix) + wide.substr(wide.size() - kNumberBytes);
}

std::optional<std::size_t> NetChunkNumber(std::string_view key) {
  if (!key.starts_with(kChunkPrefix) || key.size() != kChunkPrefix.size() + kNumberBytes) return std::nullopt;
  const std::string wide = std::string(8 - kNumberBytes, '\0') + std::string(key.substr(kChunkPrefix.size()));
  const std::uint64_t number = ReadBigEndian(wide);
  return number < kChunksMax ? std::optional<std::size_t>(number) : std::nullopt;
}

std::string EncodeNetChunk(const NetChunk& chunk) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(kChunkVersion);
  to.Varint(chunk.count);
  for (std::size_t i = 0; i < chunk.count; ++i) {
    to.Fixed(chunk.keys[i].value);
    to.Fixed(chunk.biases[i]);
    for (const float element : chunk.vectors[i].value) to.Fixed(ToBfloat16(element));
  }
  return bytes;
}

Result<std::shared_ptr<const NetChunk>> DecodeNetChunk(std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kChunkVersion) return Corrupt("a chunk of the network");
  auto chunk = std::make_shared<NetChunk>();
  chunk->count = from.Varint();
  if (chunk->count > kNetChunkItems) return Corrupt("a chunk of the network");
  bool good = true;
  for (std::size_t i = 0; i < chunk->count && from.ok(); ++i) {
    chunk->keys[i].value = from.Fixed<std::uint64_t>();
    chunk->biases[i] = from.Fixed<float>();
    good = good && std::isfinite(chunk->biases[i]);
    for (float& element : chunk->vectors[i].value) {
      element = FromBfloat16(from.Fixed<std::uint16_t>());
      good = good && std::isfinite(element);
    }
  }
  if (!good || !from.ok() || from.left() != 0) return Corrupt("a chunk of the network");
  return std::shared_ptr<const NetChunk>(std::move(chunk));
}

std::string EncodeNetMixer(const MixerWeights& weights) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(kMixerVersion);
  for (const auto* vectors : {&weights.alpha, &weights.logit}) {
    for (const NetVector& vector : *vectors) {
      for (const float element : vector.value) to.Fixed(element);
    }
  }
  return bytes;
}

Result<MixerWeights> DecodeNetMixer(std::string_view bytes) {
  ByteReader from(bytes);
  if (from.Fixed<std::uint8_t>() != kMixerVersion) return Corrupt("a record of the network's averages");
  MixerWeights weights;
  bool good = true;
  for (auto* vectors : {&weights.alpha, &weights.logit}) {
    for (NetVector& vector : *vectors) good = ReadFinite<float>(from, vector.value) && good;
  }
  if (!good || !from.ok() || from.left() != 0) return Corrupt("a record of the network's averages");
  return weights;
}

}  // namespace freshet
