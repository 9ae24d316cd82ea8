#include "codec/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "base/utf8.h"
#include "codec/json.h"

namespace freshet {
namespace {

std::string StringOf(std::string_view text) {
  std::string json;
  JsonWriter(json).String(text);
  return json;
}

std::string NumberOf(double number) {
  std::string json;
  JsonWriter(json).Number(number);
  return json;
}

TEST(JsonWriter, SeparatesMembersAndElements) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Field("a", "x");
  json.Key("b");
  json.BeginArray();
  json.Integer(1);
  json.BeginObject();
  json.EndObject();
  json.Null();
  json.EndArray();
  json.Field("c", true);
  json.Field("d", std::int64_t{-7});
  json.Field("e", std::optional<double>());
  json.FieldIfAny("f", "");
  json.Field("g", Timestamp{0});
  json.FieldIfAny("h", std::vector<std::string>());
  json.FieldIfAny("i", std::vector<std::string>{"x", "y"});
  json.EndObject();
  EXPECT_EQ(text,
            R"({"a":"x","b":[1,{},null],"c":true,"d":-7,"g":"1970-01-01T00:00:00.000Z","i":["x","y"]})");
}

TEST(JsonWriter, EscapesWhatJsonDemands) {
  EXPECT_EQ(StringOf("quote \" backslash \\ tab \t end"), R"("quote \" backslash \\ tab \t end")");
  EXPECT_EQ(StringOf(std::string_view("\0\x1f\n\r\b\f", 6)), R"("\u0000\u001f\n\r\b\f")");
  EXPECT_EQ(StringOf("\x7f/"), "\"\x7f/\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(StringOf("gr\xC3\xBC\xC3\x9F \xF0\x9F\x99\x82"), "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x99\x82\"");
  EXPECT_EQ(StringOf("a\xFF"
                     "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(StringOf("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "a surrogate";
  EXPECT_EQ(StringOf("cut \xE2\x82"), "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWriter, ReadsBackAsWrittenForRandomBytes) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (std::uint64_t left = random.Below(40); left > 0; --left) {
      bytes.push_back(static_cast<char>(random.Chance(0.7) ? 0x20 + random.Below(0x60) : random.Below(256)));
    }
    const Result<Json> read = ParseJson(StringOf(bytes));
    ASSERT_TRUE(read.ok());
    if (IsUtf8(bytes)) {
      EXPECT_EQ(read->get<std::string>(), bytes);
    }
  }
}

TEST(JsonWriter, WritesTheShortestNumberThatReadsBack) {
  EXPECT_EQ(NumberOf(0.1), "0.1");
  EXPECT_EQ(NumberOf(3), "3");
  EXPECT_EQ(NumberOf(-0.03), "-0.03");
  Random random(3);
  for (int round = 0; round < 20'000; ++round) {
    double number;
    const std::uint64_t bits = random.Next();
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;
    EXPECT_EQ(ParseJson(NumberOf(number))->get<double>(), number);
  }
}

TEST(JsonWriter, NeverWritesNanOrInfinity) {
  EXPECT_EQ(NumberOf(std::nan("")), "null");
  EXPECT_EQ(NumberOf(std::numeric_limits<double>::infinity()), "null");
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Field("score", std::nan(""));
  json.Field("rank", 1);
  json.EndObject();
  EXPECT_EQ(text, R"({"rank":1})");
}

}  // namespace
}  // namespace freshet
