#include "view/net_model_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "unit/models/net_chunk.h"

namespace freshet {
namespace {

TEST(NetModelCodec, KeepsVectorsToThreeDigits) {
  const NetChunk chunk = RandomChunk(0, 50, 1);
  const auto decoded = DecodeNetChunk(EncodeNetChunk(chunk));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ((*decoded)->count, 50u);
  EXPECT_EQ((*decoded)->keys, chunk.keys);
  EXPECT_EQ((*decoded)->biases, chunk.biases);
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t d = 0; d < kNetWidth; ++d) {
      EXPECT_NEAR((*decoded)->vectors[i][d], chunk.vectors[i][d], std::abs(chunk.vectors[i][d]) / 256);
    }
  }
  const auto mixer = DecodeNetMixer(EncodeNetMixer(InitialMixerWeights()));
  ASSERT_TRUE(mixer.ok());
  EXPECT_EQ(mixer->logit[3].value, InitialMixerWeights().logit[3].value);
}

TEST(NetModelCodec, RefusesWhatIsDamaged) {
  NetChunk chunk = RandomChunk(0, 3, 1);
  const std::string bytes = EncodeNetChunk(chunk);
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(DecodeNetChunk(bytes.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeNetChunk(bytes + "x").ok());
  chunk.vectors[2][5] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(DecodeNetChunk(EncodeNetChunk(chunk)).ok());
  EXPECT_FALSE(DecodeNetMixer("").ok());
}

TEST(NetModelCodec, KeysNameChunks) {
  EXPECT_EQ(NetChunkNumber(NetChunkKey(0)), std::optional<std::size_t>(0));
  EXPECT_EQ(NetChunkNumber(NetChunkKey(70'000)), std::optional<std::size_t>(70'000));
  EXPECT_EQ(NetChunkNumber(NetChunkKey(1 << 20)), std::nullopt) << "a table of gigabytes";
  EXPECT_EQ(NetChunkNumber(kNetMixerKey), std::nullopt);
  EXPECT_EQ(NetChunkNumber("item"), std::nullopt);
}

}  // namespace
}  // namespace freshet
