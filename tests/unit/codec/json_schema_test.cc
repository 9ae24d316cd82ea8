#include "unit/codec/json_schema.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace freshet::testing {
namespace {

bool Valid(const char* schema, const char* instance) {
  return JsonSchema(Json::parse(schema)).Faults(Json::parse(instance)).empty();
}

TEST(JsonSchema, ChecksTypes) {
  EXPECT_TRUE(Valid(R"({"type":"integer"})", "2.0"));
  EXPECT_FALSE(Valid(R"({"type":"integer"})", "2.5"));
  EXPECT_TRUE(Valid(R"({"type":["string","null"]})", "null"));
  EXPECT_FALSE(Valid(R"({"type":["string","null"]})", "1"));
  EXPECT_FALSE(Valid(R"({"type":"number"})", "true"));
}

TEST(JsonSchema, ChecksStringsAndNumbers) {
  EXPECT_TRUE(Valid(R"({"maxLength":2})", R"("üü")"));
  EXPECT_FALSE(Valid(R"({"x-max-bytes":2})", R"("üü")"));
  EXPECT_FALSE(Valid(R"({"minLength":1})", R"("")"));
  EXPECT_FALSE(Valid(R"({"pattern":"^[A-Z]{3}$"})", R"("EURO")"));
  EXPECT_TRUE(Valid(R"({"minimum":0,"maximum":5})", "5"));
  EXPECT_FALSE(Valid(R"({"maximum":5})", "5.01"));
  EXPECT_TRUE(Valid(R"({"maximum":5})", R"("text has no maximum")"));
}

TEST(JsonSchema, ChecksDateTimes) {
  EXPECT_TRUE(Valid(R"({"format":"date-time"})", R"("2024-02-29T23:59:59.123+01:00")"));
  EXPECT_FALSE(Valid(R"({"format":"date-time"})", R"("2026-02-29T00:00:00Z")"));
  EXPECT_FALSE(Valid(R"({"format":"date-time"})", R"("2026-02-28T24:00:00Z")"));
  EXPECT_FALSE(Valid(R"({"format":"date-time"})", R"("2026-02-28")"));
}

TEST(JsonSchema, ChecksObjectsAndArrays) {
  EXPECT_FALSE(Valid(R"({"required":["a"]})", R"({"b":1})"));
  EXPECT_FALSE(Valid(R"({"properties":{"a":{"type":"string"}}})", R"({"a":1})"));
  EXPECT_FALSE(Valid(R"({"additionalProperties":{"type":"number"}})", R"({"a":"x"})"));
  EXPECT_FALSE(Valid(R"({"maxProperties":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(Valid(R"({"items":{"type":"string"}})", R"(["a",1])"));
  EXPECT_FALSE(Valid(R"({"minItems":1})", "[]"));
  EXPECT_FALSE(Valid(R"({"maxItems":1})", "[1,2]"));
}

TEST(JsonSchema, CombinesSchemas) {
  EXPECT_FALSE(Valid(R"({"allOf":[{"type":"string"},{"minLength":2}]})", R"("a")"));
  EXPECT_FALSE(Valid(R"({"anyOf":[{"type":"string"},{"minimum":2}]})", "1"));
  EXPECT_FALSE(Valid(R"({"not":{"type":"null"}})", "null"));
  const char* conditional = R"({"if":{"minimum":10},"then":{"maximum":20},"else":{"maximum":5}})";
  EXPECT_TRUE(Valid(conditional, "15"));
  EXPECT_FALSE(Valid(conditional, "25"));
  EXPECT_FALSE(Valid(conditional, "7"));
  EXPECT_FALSE(Valid(R"({"$defs":{"id":{"type":"string"}},"items":{"$ref":"#/$defs/id"}})", "[1]"));
  EXPECT_FALSE(Valid(R"({"enum":["a",null]})", R"("b")"));
  EXPECT_FALSE(Valid(R"({"const":"a"})", R"("b")"));
}

TEST(JsonSchema, RefusesKeywordsItDoesNotKnow) {
  EXPECT_THROW(JsonSchema(Json::parse(R"({"properties":{"a":{"multipleOf":2}}})")), std::invalid_argument);
  EXPECT_THROW(Valid(R"({"format":"uri"})", R"("x")"), std::invalid_argument);
}

}  // namespace
}  // namespace freshet::testing
