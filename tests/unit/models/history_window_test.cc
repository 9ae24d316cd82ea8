#include "models/history_window.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace freshet {
namespace {

HistoryEvent On(std::uint64_t item, float weight) {
  HistoryEvent event;
  event.item = {item};
  event.weight = weight;
  return event;
}

TEST(HistoryWindow, CountsEachItemOnceNewestFirst) {
  const std::vector<HistoryEvent> history = {On(1, 1), On(2, 8), On(1, 1), On(3, 1), On(2, 1)};
  std::array<WindowItem, 4> places;
  ASSERT_EQ(CollectWindow(history, places), 3u);
  EXPECT_EQ(places[0].item.value, 2u);
  EXPECT_EQ(places[0].newest, 4u);
  EXPECT_EQ(places[0].strongest, 1u);
  EXPECT_FLOAT_EQ(places[0].strength, std::log2(9.0f));
  EXPECT_EQ(places[1].item.value, 3u);
  EXPECT_EQ(places[2].item.value, 1u);
  EXPECT_EQ(places[2].strongest, 2u);
}

TEST(HistoryWindow, ADislikeCancelsWhatCameBefore) {
  const std::vector<HistoryEvent> history = {On(1, 8), On(1, -6), On(2, 1), On(2, -6), On(2, 2)};
  std::array<WindowItem, 4> places;
  ASSERT_EQ(CollectWindow(history, places), 2u);
  EXPECT_FLOAT_EQ(places[0].strength, std::log2(3.0f));
  EXPECT_EQ(places[1].strength, 0);
}

TEST(HistoryWindow, AnEventTakenBackIsAsIfItHadNeverBeen) {
  const std::vector<HistoryEvent> history = {On(1, 1), On(2, 0), On(3, 1), On(1, 0)};
  std::array<WindowItem, 2> places;
  ASSERT_EQ(CollectWindow(history, places), 2u);
  EXPECT_EQ(places[0].item.value, 3u);
  EXPECT_EQ(places[1].item.value, 1u);
  EXPECT_EQ(places[1].newest, 0u);
}

TEST(HistoryWindow, IsEmptyWithoutHistory) {
  std::array<WindowItem, 2> places;
  EXPECT_EQ(CollectWindow({}, places), 0u);
}

}  // namespace
}  // namespace freshet
