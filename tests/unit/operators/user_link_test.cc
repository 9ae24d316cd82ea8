#include "operators/user_link.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(UserLink, SurvivesEncodingAndRefusesDamage) {
  UserLink link;
  link.kind = UserLink::Kind::kEvent;
  link.from = "a";
  link.to = "b";
  link.home = {3};
  link.hops = 2;
  link.event_id = "e";
  link.input = 1;
  link.partition = {7};
  link.offset = {99};
  link.body = "body";
  const std::string bytes = EncodeUserLink(link);
  const auto copy = DecodeUserLink(bytes);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(EncodeUserLink(*copy), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(DecodeUserLink(std::string_view(bytes).substr(0, size)).ok());
}

TEST(MovedUser, SplitsIntoPiecesThatHoldEverything) {
  MovedUser user;
  for (int i = 0; i < 3000; ++i) {
    HistoryEvent event;
    event.item = {static_cast<std::uint64_t>(i)};
    event.weight = 1;
    event.from = {1};
    user.history.push_back(event);
    user.event_ids.push_back(static_cast<std::uint64_t>(i));
    if (i % 500 == 0) user.rated.push_back({static_cast<std::size_t>(i), {{i}, false, {}}});
  }
  std::size_t events = 0;
  std::size_t ids = 0;
  std::size_t rated = 0;
  for (const MovedUser& piece : std::move(user).Split()) {
    const auto copy = MovedUser::Decode(piece.Encode());
    ASSERT_TRUE(copy.ok());
    for (const MovedUser::Rated& rating : copy->rated) {
      EXPECT_EQ(copy->history[rating.place].item.value,
                static_cast<std::uint64_t>(rating.record.rated_at.ms));
    }
    events += copy->history.size();
    ids += copy->event_ids.size();
    rated += copy->rated.size();
  }
  EXPECT_EQ(events, 3000U);
  EXPECT_EQ(ids, 3000U);
  EXPECT_EQ(rated, 6U);
}

}  // namespace
}  // namespace freshet
