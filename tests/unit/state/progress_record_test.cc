#include "state/progress_record.h"

#include <gtest/gtest.h>

#include "state/commit_point.h"

namespace freshet {
namespace {

ProgressRecord Example() {
  ProgressRecord record;
  record.app_version = "0.1.0";
  record.epoch = 3;
  record.seq = 1234567;
  record.inputs = {{Offset{0}, Offset{10}}, {Offset{77}, Offset{77}}};
  record.pins = {{Partition{0}, Offset{5}}, {Partition{2}, Offset{900}}};
  record.view_version = "0:5,2:900";
  record.watermark = {1'700'000'000'123};
  record.batch_time = {-1};
  record.batch = {8, 1, 1};
  record.total = {800, 100, 10};
  record.changelog_records = 17;
  record.changelog_crc = 0xdeadbeef;
  return record;
}

TEST(ProgressRecord, ComesBackAsItWas) {
  const auto decoded = ProgressRecord::Decode(Example().Encode());
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, Example());
  EXPECT_EQ(*ProgressRecord::Decode(ProgressRecord().Encode()), ProgressRecord());
}

TEST(ProgressRecord, DetectsEveryCutAndEveryFlippedBit) {
  const std::string bytes = Example().Encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ProgressRecord::Decode(bytes.substr(0, size)).ok()) << size;
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(ProgressRecord::Decode(flipped).ok()) << bit;
  }
  EXPECT_FALSE(ProgressRecord::Decode(bytes + "x").ok());
}

TEST(ProgressRecord, NamesANewerFormat) {
  std::string bytes = Example().Encode();
  bytes[0] = 2;
  const auto decoded = ProgressRecord::Decode(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported);
}

std::uint32_t ChecksumOf(const std::vector<std::pair<std::string, std::optional<std::string>>>& records) {
  BatchChecksum checksum;
  for (const auto& [key, value] : records) checksum.Add(key, value);
  EXPECT_EQ(checksum.Count(), records.size());
  return checksum.Value();
}

TEST(BatchChecksum, SeesLostMovedSplitAndEmptiedRecords) {
  const std::uint32_t whole = ChecksumOf({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(whole, ChecksumOf({{"a", "1"}, {"b", "2"}}));
  EXPECT_NE(whole, ChecksumOf({{"a", "1"}}));
  EXPECT_NE(whole, ChecksumOf({{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(whole, ChecksumOf({{"a", "1b"}, {"", "2"}}));
  EXPECT_NE(ChecksumOf({{"a", ""}}), ChecksumOf({{"a", std::nullopt}}));
}

CommitPoint Point(std::int64_t next, std::uint64_t epoch, std::uint64_t seq) {
  return {Offset{next}, epoch, seq, "progress"};
}

TEST(CommitPoint, ComesBackAsItWasAndRefusesDamage) {
  const CommitPoint point = Point(99, 4, 7);
  EXPECT_EQ(*CommitPoint::Decode(point.Encode()), point);
  EXPECT_EQ(CommitPoint::Decode(point.Encode().substr(1)).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(CommitPoint::Decode(point.Encode() + "x").error().code, ErrorCode::kCorrupt);
}

TEST(CommitPoint, FollowsWithoutGapAndNeverBackwards) {
  EXPECT_TRUE(Follows(Point(11, 1, 2), Point(10, 1, 1)));
  EXPECT_TRUE(Follows(Point(11, 2, 1), Point(10, 1, 9)));
  EXPECT_FALSE(Follows(Point(11, 1, 3), Point(10, 1, 1)));
  EXPECT_FALSE(Follows(Point(11, 1, 1), Point(10, 1, 1)));
  EXPECT_FALSE(Follows(Point(11, 1, 2), Point(10, 2, 1)));
  EXPECT_FALSE(Follows(Point(9, 1, 2), Point(10, 1, 1)));
}

}  // namespace
}  // namespace freshet
