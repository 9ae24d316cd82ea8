#include "connectors/file/line_format.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace freshet {
namespace {

Record MakeRecord() {
  Record record;
  record.offset = {12};
  record.timestamp = {1'700'000'000'123};
  record.key = "u1";
  record.value = "{\"a\":1}\n";
  record.headers = {{"name", "value"}};
  return record;
}

void ExpectRoundTrip(const Record& record) {
  const auto line = FormatRecordLine(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto parsed = ParseRecordLine(line);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->offset, record.offset);
  EXPECT_EQ(parsed->timestamp, record.timestamp);
  EXPECT_EQ(parsed->key, record.key);
  EXPECT_EQ(parsed->value, record.value);
  EXPECT_EQ(parsed->headers, record.headers);
}

TEST(LineFormat, WritesReadableJson) {
  EXPECT_EQ(
      FormatRecordLine(MakeRecord()),
      R"({"offset":12,"timestamp":1700000000123,"key":"u1","value":"{\"a\":1}\u000a","headers":[["name","value"]]})");
}

TEST(LineFormat, WritesBytesThatAreNotTextAsBase64) {
  auto record = MakeRecord();
  record.key = std::nullopt;
  record.value = "\xff\xfe\xfd\xfc";
  record.headers.clear();
  EXPECT_EQ(
      FormatRecordLine(record),
      R"({"offset":12,"timestamp":1700000000123,"key":null,"value":{"base64":"//79/A=="},"headers":[]})");
}

TEST(LineFormat, ReadsBackAnyBytes) {
  ExpectRoundTrip(MakeRecord());
  Random random(7);
  for (int i = 0; i < 2'000; ++i) {
    const auto bytes = [&] {
      std::string made(random.Below(20), '\0');
      for (char& byte : made) byte = static_cast<char>(random.Below(random.Chance(0.5) ? 128 : 256));
      return made;
    };
    Record record;
    record.offset = {static_cast<std::int64_t>(random.Below(1'000'000))};
    record.timestamp = {static_cast<std::int64_t>(random.Below(1'000)) - 500};
    if (random.Chance(0.8)) record.key = bytes();
    if (random.Chance(0.8)) record.value = bytes();
    for (std::uint64_t h = random.Below(3); h > 0; --h) record.headers.push_back({bytes(), bytes()});
    ExpectRoundTrip(record);
  }
}

TEST(LineFormat, RefusesEveryCutLine) {
  const auto line = FormatRecordLine(MakeRecord());
  for (std::size_t i = 0; i < line.size(); ++i) EXPECT_FALSE(ParseRecordLine(line.substr(0, i)).ok()) << i;
  EXPECT_FALSE(ParseRecordLine(line + " ").ok());
}

TEST(LineFormat, ReadsBackACommit) {
  const CommitLine commit{7, 100, 3, 0xc0ffee};
  const auto line = FormatCommitLine(commit);
  EXPECT_EQ(line, R"({"commit":7,"next":100,"records":3,"crc32c":"00c0ffee"})");
  const auto parsed = ParseCommitLine(line);
  ASSERT_TRUE(parsed.ok());
  ASSERT_TRUE(parsed->has_value());
  EXPECT_EQ((*parsed)->transaction, 7U);
  EXPECT_EQ((*parsed)->next, 100);
  EXPECT_EQ((*parsed)->records, 3U);
  EXPECT_EQ((*parsed)->crc32c, 0xc0ffeeU);
  EXPECT_FALSE(ParseCommitLine(line.substr(0, 30)).ok());
  EXPECT_FALSE(ParseCommitLine(FormatRecordLine(MakeRecord()))->has_value());
}

}  // namespace
}  // namespace freshet
