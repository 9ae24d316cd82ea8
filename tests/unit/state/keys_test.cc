#include "state/keys.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <tuple>

namespace freshet {
namespace {

TEST(Keys, GiveBackTheirParts) {
  const std::string user("a\0b\xff", 4);
  const std::string key =
      KeyBuilder('h').Text(user).Number(7).Signed(-5).Item({42}).Time({-1}).Tail("rest").Take();
  KeyParser parser(key);
  EXPECT_EQ(parser.Table(), 'h');
  EXPECT_EQ(parser.Text(), user);
  EXPECT_EQ(parser.Number(), 7U);
  EXPECT_EQ(parser.Signed(), -5);
  EXPECT_EQ(parser.Item().value, 42U);
  EXPECT_EQ(parser.Time().ms, -1);
  EXPECT_EQ(parser.Tail(), "rest");
  EXPECT_TRUE(parser.AtEnd());
}

TEST(Keys, RefuseWhatIsCutOff) {
  const std::string key = KeyBuilder('h').Text("user").Number(7).Take();
  for (std::size_t size = 0; size < key.size(); ++size) {
    KeyParser parser(std::string_view(key).substr(0, size));
    parser.Text();
    parser.Number();
    EXPECT_FALSE(parser.AtEnd()) << size;
  }
}

TEST(Keys, RefuseTheReservedTable) {
  EXPECT_FALSE(KeyParser(kProgressKey).ok());
  EXPECT_FALSE(KeyParser("").ok());
  EXPECT_TRUE(IsReservedKey(kProgressKey));
  EXPECT_FALSE(IsReservedKey("u"));
}

TEST(Keys, SortAsTheirParts) {
  EXPECT_TRUE(rc::check("text, signed and number order", [](const std::string& a, const std::string& b) {
    const auto left = *rc::gen::arbitrary<std::int64_t>();
    const auto right = *rc::gen::arbitrary<std::int64_t>();
    const auto low = *rc::gen::arbitrary<std::uint64_t>();
    const auto high = *rc::gen::arbitrary<std::uint64_t>();
    const std::string first = KeyBuilder('t').Text(a).Signed(left).Number(low).Take();
    const std::string second = KeyBuilder('t').Text(b).Signed(right).Number(high).Take();
    RC_ASSERT((first < second) == (std::tie(a, left, low) < std::tie(b, right, high)));
  }));
}

}  // namespace
}  // namespace freshet
