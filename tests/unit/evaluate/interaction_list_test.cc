#include "evaluate/interaction_list.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

TEST(InteractionList, AUserWouldComeNextAfterAnotherStepAsLongAsItsLast) {
  InteractionList list;
  list.users = {"steady", "once", "never", "slower"};
  list.items = {"a"};
  list.rows = {{0, 0, {100}}, {3, 0, {150}}, {0, 0, {200}}, {1, 0, {250}}, {0, 0, {300}}, {3, 0, {350}}};
  const std::vector<Timestamp> next = list.NextTimes();
  ASSERT_EQ(next.size(), 4u);
  EXPECT_EQ(next[0].ms, 400);
  EXPECT_EQ(next[1].ms, 350) << "no step is known: the end of the list";
  EXPECT_EQ(next[2].ms, 350);
  EXPECT_EQ(next[3].ms, 550);
}

TEST(InteractionList, NobodyComesToAnEmptyList) { EXPECT_TRUE(InteractionList{}.NextTimes().empty()); }

}  // namespace
}  // namespace freshet
