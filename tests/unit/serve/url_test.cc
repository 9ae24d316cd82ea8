#include "serve/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freshet {
namespace {

using ::testing::ElementsAre;

TEST(Url, DecodesSegmentsAfterSplittingThem) {
  const auto target = ParseTarget("/v1/users/a%2Fb%20%C3%A9+c/recommendations?k=5&explain=tr%75e&x=a+b");
  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->path, ElementsAre("v1", "users", "a/b \xC3\xA9+c", "recommendations"));
  EXPECT_EQ(target->query.at("k"), "5");
  EXPECT_EQ(target->query.at("explain"), "true");
  EXPECT_EQ(target->query.at("x"), "a b");
}

TEST(Url, RefusesBrokenTargets) {
  for (const char* target : {"", "x", "http://h/x", "/%", "/%4", "/%zz", "/a?b=%", "/%00"}) {
    EXPECT_FALSE(ParseTarget(target).has_value()) << target;
  }
}

TEST(Url, KeepsEmptyPartsApart) {
  EXPECT_THAT(ParseTarget("/a//b/")->path, ElementsAre("a", "", "b"));
  EXPECT_TRUE(ParseTarget("/")->path.empty());
  EXPECT_EQ(ParseTarget("/?a&&b=")->query.size(), 2u);
}

TEST(Url, EncodesWhatDecodesBack) {
  std::string bytes;
  for (int c = 1; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  EXPECT_EQ(PercentDecode(PercentEncode(bytes), false), bytes);
  EXPECT_EQ(PercentEncode("a/b c"), "a%2Fb%20c");
}

}  // namespace
}  // namespace freshet
