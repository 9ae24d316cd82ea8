#include "codec/time.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace freshet {
namespace {

std::int64_t Ms(std::string_view text) {
  const Result<Timestamp> time = ParseRfc3339(text);
  EXPECT_TRUE(time.ok()) << text;
  return time.ok() ? time->ms : -1;
}

TEST(Time, ReadsRfc3339WithOffsets) {
  EXPECT_EQ(Ms("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(Ms("2026-03-02T09:14:07Z"), 1'772'442'847'000);
  EXPECT_EQ(Ms("2026-03-02t09:14:07z"), 1'772'442'847'000);
  EXPECT_EQ(Ms("2026-03-02T10:14:07+01:00"), 1'772'442'847'000);
  EXPECT_EQ(Ms("2026-03-01T23:44:07-09:30"), 1'772'442'847'000);
  EXPECT_EQ(Ms("2026-03-02T09:14:07-00:00"), 1'772'442'847'000);
}

TEST(Time, KeepsMillisecondsAndCutsTheRest) {
  EXPECT_EQ(Ms("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(Ms("1970-01-01T00:00:01.050Z"), 1050);
  EXPECT_EQ(Ms("1970-01-01T00:00:01.0019999999Z"), 1001);
}

TEST(Time, ReadsALeapSecondAsTheNextSecond) {
  EXPECT_EQ(Ms("2016-12-31T23:59:60Z"), Ms("2017-01-01T00:00:00Z"));
  EXPECT_EQ(Ms("2017-01-01T00:59:60+01:00"), Ms("2017-01-01T00:00:00Z"));
  EXPECT_FALSE(ParseRfc3339("2016-12-31T22:59:60Z").ok());
}

TEST(Time, RefusesWhatIsNotRfc3339) {
  for (const std::string_view text :
       {"", "2026", "2026-03-02", "2026-03-02T09:14:07", "2026-03-02 09:14:07Z", "2026-3-2T09:14:07Z",
        "2026-03-02T09:14Z", "2026-03-02T09:14:07.Z", "2026-03-02T09:14:07+0100", "2026-03-02T09:14:07+24:00",
        "2026-03-02T09:14:07Z ", "2026-02-30T09:14:07Z", "2026-13-01T09:14:07Z", "2026-00-01T09:14:07Z",
        "2026-03-02T24:00:00Z", "2026-03-02T09:60:00Z", "2026-03-02T09:14:61Z", "02026-03-02T09:14:07Z"}) {
    const Result<Timestamp> time = ParseRfc3339(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.error().code, ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_TRUE(ParseRfc3339("2024-02-29T00:00:00Z").ok());
  EXPECT_FALSE(ParseRfc3339("2100-02-29T00:00:00Z").ok());
}

TEST(Time, QuotesNoPartOfACharacter) {
  for (int plain = 56; plain < 66; ++plain) {
    const Result<Timestamp> time = ParseRfc3339(std::string(plain, 'x') + "\u00fc\u00fc\u00fc\u00fc");
    ASSERT_FALSE(time.ok());
    EXPECT_TRUE(IsUtf8(time.error().message)) << plain;
  }
}

TEST(Time, HoldsTheRangeInUtc) {
  EXPECT_EQ(Ms("2200-12-31T23:59:59.999Z"), kTimeMax.ms);
  EXPECT_EQ(ParseRfc3339("2201-01-01T00:00:00Z").error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59Z").error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00+01:00").error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(Ms("1969-12-31T23:00:00-01:00"), 0);
}

TEST(Time, ReadsDigitsAsMilliseconds) {
  EXPECT_EQ(ParseTime("1772442847000")->ms, 1'772'442'847'000);
  EXPECT_EQ(ParseTime("2026-03-02T09:14:07Z")->ms, 1'772'442'847'000);
  EXPECT_FALSE(ParseTime("99999999999999999999").ok());
  EXPECT_FALSE(ParseTime("7289654400000").ok());
  EXPECT_FALSE(ParseTime("-1").ok());
  EXPECT_FALSE(ParseTime("").ok());
}

TEST(Time, WritesWhatItReads) {
  for (const std::int64_t ms : {0LL, 1LL, 951'782'400'000LL, 1'772'442'847'250LL, 7'289'654'399'999LL}) {
    EXPECT_EQ(Ms(TimestampToRfc3339({ms})), ms);
  }
  EXPECT_EQ(TimestampToRfc3339({1'772'442'848'231}), "2026-03-02T09:14:08.231Z");
  EXPECT_EQ(TimestampToRfc3339({-1}), "1969-12-31T23:59:59.999Z");
}

TEST(Time, WritesTheNearestYearItCan) {
  EXPECT_EQ(TimestampToRfc3339({INT64_MAX}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(TimestampToRfc3339({INT64_MIN}), "0000-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace freshet
