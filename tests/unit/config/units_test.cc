#include "config/units.h"

#include <gtest/gtest.h>

#include "config/nearest.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

TEST(Units, ReadsDurations) {
  EXPECT_EQ(*ParseDuration("100ms"), milliseconds(100));
  EXPECT_EQ(*ParseDuration("1.5h"), milliseconds(5'400'000));
  EXPECT_EQ(*ParseDuration("7d"), milliseconds(604'800'000));
  EXPECT_EQ(*ParseDuration("2w"), milliseconds(1'209'600'000));
  EXPECT_EQ(*ParseDuration("5 s"), milliseconds(5'000));
  EXPECT_EQ(*ParseDuration("0"), milliseconds(0));
}

TEST(Units, RefusesDurationsWithoutUnitOrSense) {
  for (const char* text : {"", "100", "ms", "-1s", "1y", "1e300d", "nan s", "inf", "0.5ms", "1s1m", " 1s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Units, WritesDurationsThatReadBack) {
  for (const std::int64_t ms :
       {0LL, 1LL, 999LL, 1'000LL, 90'000LL, 3'600'000LL, 86'400'000LL, 1'209'600'001LL}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(milliseconds(ms))), milliseconds(ms));
  }
  EXPECT_EQ(FormatDuration(milliseconds(90'000)), "90s");
  EXPECT_EQ(FormatDuration(milliseconds(1'209'600'000)), "14d");
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(*ParseSize("64MiB"), 64 << 20);
  EXPECT_EQ(*ParseSize("10kB"), 10'000);
  EXPECT_EQ(*ParseSize("4096"), 4'096);
  EXPECT_EQ(*ParseSize("0.5 KiB"), 512);
  for (const char* text : {"", "MiB", "-1", "1XB", "1mb", "9999999TiB", "0.3B"}) {
    EXPECT_FALSE(ParseSize(text).ok()) << text;
  }
  EXPECT_EQ(FormatSize(8 << 20), "8MiB");
  EXPECT_EQ(FormatSize(1'000), "1000B");
  EXPECT_EQ(FormatSize(0), "0B");
}

TEST(Nearest, FindsTypingMistakesOnly) {
  const std::vector<std::string> keys = {"publish.k", "publish.detail", "http.listen"};
  EXPECT_EQ(Nearest("publish.detial", keys), "publish.detail");
  EXPECT_EQ(Nearest("http.lisen", keys), "http.listen");
  EXPECT_EQ(Nearest("entirely.other", keys), "");
}

TEST(EditDistance, CountsSwapsOnce) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("detial", "detail"), 1u);
  EXPECT_EQ(EditDistance("same", "same"), 0u);
}

}  // namespace
}  // namespace freshet
