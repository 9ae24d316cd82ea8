#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace freshet {
namespace {

std::string Encoded(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  const auto tail = [&](int shift) { return byte(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | point >> 6), tail(0)};
  if (point < 0x10000) return {byte(0xe0 | point >> 12), tail(6), tail(0)};
  return {byte(0xf0 | point >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, TakesEveryCodePointButSurrogates) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const std::string bytes = Encoded(point);
    const bool good = point < 0x110000 && (point < 0xd800 || point > 0xdfff);
    ASSERT_EQ(IsUtf8(bytes), good) << point;
    ASSERT_EQ(Utf8SequenceBytes(bytes + "a"), good ? bytes.size() : 0) << point;
  }
}

TEST(Utf8, TakesNoOtherForms) {
  // Two-byte strings: two ASCII bytes, or one of the code points 0x80 to 0x7ff.
  int good = 0;
  for (int bits = 0; bits < 0x10000; ++bits) {
    good += IsUtf8(std::string{static_cast<char>(bits >> 8), static_cast<char>(bits)}) ? 1 : 0;
  }
  EXPECT_EQ(good, 128 * 128 + 0x800 - 0x80);
  for (const std::string bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf0\x9f\x99", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"}) {
    EXPECT_FALSE(IsUtf8(bad));
    EXPECT_EQ(Utf8SequenceBytes(bad), 0U);
  }
}

TEST(Utf8, FindsABadByteAnywhereInALongText) {
  const std::string good = "a\xc3\xa9 long text \xe2\x82\xac with ASCII between \xf0\x9f\x99\x82 its rest";
  EXPECT_TRUE(IsUtf8(good));
  EXPECT_TRUE(IsUtf8(""));
  for (std::size_t at = 0; at <= good.size(); ++at) {
    EXPECT_FALSE(IsUtf8(std::string(good).insert(at, "\xff"))) << at;
  }
}

TEST(Utf8, CutsNoCharacterApart) {
  const std::string text = "a\xe2\x82\xac!";
  EXPECT_EQ(Utf8Prefix(text, 0), "");
  EXPECT_EQ(Utf8Prefix(text, 3), "a");
  EXPECT_EQ(Utf8Prefix(text, 4), "a\xe2\x82\xac");
  EXPECT_EQ(Utf8Prefix(text, 9), text);
  EXPECT_EQ(Utf8CodePoints(text), 3U);
}

}  // namespace
}  // namespace freshet
