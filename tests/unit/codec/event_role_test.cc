#include "codec/event_role.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(EventRole, IsGuessedFromTheMembers) {
  EXPECT_EQ(GuessEventRole(R"({"user_id":"u","item_id":"i","type":"click"})"), "interactions");
  EXPECT_EQ(GuessEventRole(R"({"anonymous_id":"u","item_id":"i"})"), "interactions");
  EXPECT_EQ(GuessEventRole(R"({"user_id":"u","item_id":"i","rating":null})"), "ratings");
  EXPECT_EQ(GuessEventRole(R"({"user_id":"u","type":"explanation_open"})"), "feedback");
  EXPECT_EQ(GuessEventRole(R"({"item_id":"i","title":"t"})"), "catalogue");
  EXPECT_EQ(GuessEventRole("nonsense"), "interactions");
  EXPECT_EQ(GuessEventRole(R"({"user_id":"u","type":3})"), "interactions");
}

}  // namespace
}  // namespace freshet
