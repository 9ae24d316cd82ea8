#include "import/fields.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(Fields, SplitsAtEachSeparatorAndKeepsEmptyParts) {
  EXPECT_EQ(SplitFields("a::b::", "::"), (std::vector<std::string_view>{"a", "b", ""}));
  EXPECT_EQ(SplitFields("", "\t"), (std::vector<std::string_view>{""}));
}

TEST(Fields, CsvKeepsCommasQuotesAndLineBreaksInsideQuotes) {
  const auto fields = SplitCsv("1,\"RECORD FRAME 7\"\" SINGLE, SIZE\",\"two\nlines\",");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(*fields, (std::vector<std::string>{"1", "RECORD FRAME 7\" SINGLE, SIZE", "two\nlines", ""}));
}

TEST(Fields, CsvRefusesAnOpenQuote) {
  const auto fields = SplitCsv("1,\"open");
  ASSERT_FALSE(fields.ok());
  EXPECT_EQ(fields.error().code, ErrorCode::kOutOfRange);
}

TEST(Fields, ReadsUnixTimeInSecondsFractionsAndMilliseconds) {
  EXPECT_EQ(ParseUnixTime("time", "1700000100")->ms, 1'700'000'100'000);
  EXPECT_EQ(ParseUnixTime("time", "1396347600.25")->ms, 1'396'347'600'250);
  EXPECT_EQ(ParseUnixTime("time", "1506826800026")->ms, 1'506'826'800'026);
}

TEST(Fields, RefusesTimesThatAreNone) {
  for (const char* text : {"", "-5", "nan", "inf", "yesterday", "1e300"}) {
    EXPECT_FALSE(ParseUnixTime("time", text).ok()) << text;
  }
  for (const char* text : {"", "2009-12-01", "2009-13-01 07:45:00", "2009-02-29 07:45:00",
                           "2009-12-01 24:00:00", "2009-12-01 07:45:0x", "2009-12-01 07.45.00"}) {
    EXPECT_FALSE(ParseCalendarTime("time", text).ok()) << text;
  }
}

TEST(Fields, ReadsCalendarTimeAsUtc) {
  EXPECT_EQ(ParseCalendarTime("time", "1970-01-01 00:00")->ms, 0);
  EXPECT_EQ(ParseCalendarTime("time", "2009-12-01 07:45:00")->ms, 1'259'653'500'000);
}

TEST(Fields, ErrorsNameTheFieldAndShowTheValue) {
  const auto number = ParseNumber("Price", "6,95");
  ASSERT_FALSE(number.ok());
  EXPECT_EQ(number.error().message, "Price is '6,95', expected a number");
}

TEST(Fields, IdsHoldBetween1And256Bytes) {
  EXPECT_EQ(*ParseId("user", " u-1 "), "u-1");
  EXPECT_TRUE(ParseId("user", std::string(256, 'x')).ok());
  EXPECT_FALSE(ParseId("user", std::string(257, 'x')).ok());
  EXPECT_FALSE(ParseId("user", "  ").ok());
}

TEST(Fields, Latin1BecomesUtf8AndUtf8Stays) {
  EXPECT_EQ(ToUtf8("Mis\xe9rables"), "Mis\xc3\xa9rables");
  EXPECT_EQ(ToUtf8("Mis\xc3\xa9rables"), "Mis\xc3\xa9rables");
}

}  // namespace
}  // namespace freshet
