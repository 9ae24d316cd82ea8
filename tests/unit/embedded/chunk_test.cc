#include "connectors/embedded/chunk.h"

#include <gtest/gtest.h>

#include <random>

namespace freshet::embedded {
namespace {

std::string Text(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "{\"item_id\":\"item-17\",\"score\":0.25},";
  text.resize(bytes);
  return text;
}

std::string Noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string noise(bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

std::string Chunk(const std::vector<std::string>& values) {
  ChunkBuilder builder;
  for (const std::string& value : values) {
    RecordView record;
    record.time_ms = 1000 + static_cast<std::int64_t>(builder.Count());
    record.key = "k";
    record.value = value;
    record.headers = std::string_view("\0", 1);
    builder.Add(builder.Count(), record);
  }
  return builder.Finish();
}

std::vector<std::string> ValuesOf(const std::string& chunk) {
  auto reader =
      ChunkReader::Open(std::make_shared<const std::string>(chunk), 40, ChunkReader::Check::kVerify);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  std::vector<std::string> values;
  while (reader.ok()) {
    auto record = reader->Next();
    EXPECT_TRUE(record.ok());
    if (!record.ok() || !*record) break;
    EXPECT_EQ((*record)->offset, 40 + static_cast<std::int64_t>(values.size()));
    EXPECT_EQ((*record)->key, "k");
    values.emplace_back(*(*record)->value);
  }
  return values;
}

TEST(Chunk, ReadsBackWhatWasWrittenPackedOrNot) {
  const std::vector<std::vector<std::string>> cases = {
      {"short"}, {Text(20'000), "", Text(300)}, {Noise(5'000)}, {Text(511)}, {Text(4096), Noise(4096)}};
  for (const auto& values : cases) EXPECT_EQ(ValuesOf(Chunk(values)), values);
}

TEST(Chunk, PacksTextAndLeavesNoiseAsItIs) {
  EXPECT_LT(Chunk({Text(20'000)}).size(), 2'000U);
  EXPECT_LT(Chunk({Noise(5'000)}).size(), 5'100U);
}

TEST(Chunk, ABuilderServesOneChunkAfterTheOther) {
  ChunkBuilder builder;
  for (int round = 0; round < 3; ++round) {
    RecordView record;
    const std::string value = Text(2'000 + static_cast<std::size_t>(round));
    record.value = value;
    record.headers = std::string_view("\0", 1);
    builder.Add(0, record);
    auto reader = ChunkReader::Open(std::make_shared<const std::string>(builder.Finish()), 0,
                                    ChunkReader::Check::kVerify);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ((*reader->Next())->value, value);
    EXPECT_TRUE(builder.empty());
    EXPECT_EQ(builder.Bytes(), 0U);
  }
}

TEST(Chunk, RefusesDamage) {
  const std::string chunk = Chunk({Text(20'000)});
  for (std::size_t at = 0; at < chunk.size(); at += 7) {
    std::string damaged = chunk;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    auto reader =
        ChunkReader::Open(std::make_shared<const std::string>(damaged), 0, ChunkReader::Check::kVerify);
    ASSERT_FALSE(reader.ok()) << at;
    EXPECT_EQ(reader.error().code, ErrorCode::kCorrupt);
  }
  for (std::size_t size = 0; size < chunk.size(); size += 11) {
    auto reader = ChunkReader::Open(std::make_shared<const std::string>(chunk.substr(0, size)), 0,
                                    ChunkReader::Check::kTrusted);
    EXPECT_FALSE(reader.ok()) << size;
  }
}

}  // namespace
}  // namespace freshet::embedded
