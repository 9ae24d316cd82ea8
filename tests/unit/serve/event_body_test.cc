#include "serve/event_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Json(std::string_view body) {
  auto events = SplitEvents(body, BodyLayout::kJson, 100);
  return events.ok() ? *events : std::vector<std::string>{"error: " + events.error().message};
}

TEST(EventBody, KnowsContentTypes) {
  EXPECT_EQ(LayoutOf("application/json"), BodyLayout::kJson);
  EXPECT_EQ(LayoutOf("application/cloudevents+json"), BodyLayout::kJson);
  EXPECT_EQ(LayoutOf("application/x-ndjson"), BodyLayout::kLines);
  EXPECT_EQ(LayoutOf("text/plain"), BodyLayout::kUnknown);
  EXPECT_EQ(LayoutOf(""), BodyLayout::kUnknown);
}

TEST(EventBody, TakesOneEventOrAnArray) {
  EXPECT_THAT(Json(R"( {"a":1} )"), ElementsAre(R"({"a":1})"));
  EXPECT_THAT(Json(R"([{"a":[1,2]}, {"b":"],\"{"} ])"), ElementsAre(R"({"a":[1,2]})", R"({"b":"],\"{"})"));
  EXPECT_THAT(Json("[]"), IsEmpty());
  EXPECT_THAT(Json(" [ ] "), IsEmpty());
  EXPECT_THAT(Json(""), IsEmpty());
  EXPECT_THAT(Json("[1,null]"), ElementsAre("1", "null"));
}

TEST(EventBody, RefusesArraysThatAreNone) {
  for (const char* body :
       {"[", "[{}", "[{},", "[{},]", "[,{}]", "[{}}", "[{}] x", "[{}][{}]", "[\"", "[\"\\", "[]]"}) {
    EXPECT_FALSE(SplitEvents(body, BodyLayout::kJson, 100).ok()) << body;
  }
}

TEST(EventBody, SplitsLinesAndSkipsBlankOnes) {
  const auto events = SplitEvents("{\"a\":1}\r\n\n  \n{\"b\":2}", BodyLayout::kLines, 100);
  ASSERT_TRUE(events.ok());
  EXPECT_THAT(*events, ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(EventBody, BoundsTheNumberOfEvents) {
  EXPECT_EQ(SplitEvents("1\n2\n3\n", BodyLayout::kLines, 2).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(SplitEvents("[1,2,3]", BodyLayout::kJson, 2).error().code, ErrorCode::kOutOfRange);
  EXPECT_TRUE(SplitEvents("[1,2]", BodyLayout::kJson, 2).ok());
}

}  // namespace
}  // namespace freshet
