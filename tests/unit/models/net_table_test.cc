#include "models/net_table.h"

#include <gtest/gtest.h>

#include <memory>

#include "unit/models/net_chunk.h"

namespace freshet {
namespace {

std::shared_ptr<const NetChunk> Shared(const NetChunk& chunk) {
  return std::make_shared<const NetChunk>(chunk);
}

TEST(NetTable, IsThereOnceItemsAndAveragesAre) {
  NetTableBuilder builder;
  EXPECT_EQ(builder.Share(), nullptr);
  builder.SetChunk(1, Shared(RandomChunk(1, 4, 1)));
  EXPECT_EQ(builder.Share(), nullptr);
  builder.SetMixer(InitialMixerWeights());
  const auto table = builder.Share();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->items(), 4u);
  EXPECT_EQ(table->chunks()[0], nullptr);
  EXPECT_EQ(table->Find({MixBits(1 + kNetChunkItems + 3)}), std::optional<std::uint32_t>(kNetChunkItems + 3));
  EXPECT_EQ(builder.Share(), table) << "nothing changed";
}

TEST(NetTable, AVersionStaysAsItWas) {
  NetTableBuilder builder;
  builder.SetMixer(InitialMixerWeights());
  builder.SetChunk(0, Shared(RandomChunk(0, kNetChunkItems, 1)));
  builder.SetChunk(1, Shared(RandomChunk(1, 10, 2)));
  const auto before = builder.Share();
  const ItemKey last{MixBits(1 + kNetChunkItems + 19)};
  const float old_bias = before->bias(kNetChunkItems);
  builder.SetChunk(1, Shared(RandomChunk(1, 20, 3)));
  const auto after = builder.Share();
  EXPECT_EQ(before->Find(last), std::nullopt);
  EXPECT_TRUE(after->Find(last).has_value());
  EXPECT_EQ(before->bias(kNetChunkItems), old_bias);
  EXPECT_NE(after->bias(kNetChunkItems), old_bias);
  EXPECT_EQ(before->chunks()[0], after->chunks()[0]) << "shared";
}

TEST(NetTable, FollowsItemsThatGotOtherNumbers) {
  NetTableBuilder builder;
  builder.SetMixer(InitialMixerWeights());
  builder.SetChunk(0, Shared(RandomChunk(0, 10, 1)));
  builder.SetChunk(0, Shared(RandomChunk(7, 5, 1)));
  const auto table = builder.Share();
  EXPECT_EQ(table->items(), 5u);
  EXPECT_EQ(table->Find({MixBits(1)}), std::nullopt);
  EXPECT_EQ(table->Find({MixBits(1 + 7 * kNetChunkItems)}), std::optional<std::uint32_t>(0));
}

}  // namespace
}  // namespace freshet
