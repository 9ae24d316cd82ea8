#include "operators/live_window.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <utility>

#include "state/map_state.h"

namespace freshet::test {
namespace {

constexpr std::uint32_t kChallenger = 5;
constexpr std::size_t kPaneLists = 3;

struct Answer {
  LivePlaces places;
  std::uint64_t history;
  double rating = 3;
};

LiveScores SumOf(const std::deque<Answer>& answers) {
  LiveScores sum(kChallenger);
  for (const Answer& answer : answers) {
    sum.Add(answer.places, answer.history);
    sum.ratings().Add(answer.rating, 3.25, 3.5);
  }
  return sum;
}

std::string BytesOf(const LiveScores& scores) {
  std::string bytes;
  ByteWriter writer(bytes);
  scores.Encode(writer);
  return bytes;
}

/// A window that is loaded and saved between any two lists, as batches do.
class Windows : public ::testing::Test {
 protected:
  void Add(const Answer& answer) {
    LiveWindow window = LiveWindow::Load(overlay_, kChallenger);
    window.Add(answer.places, answer.history);
    window.AddRating(answer.rating, 3.25, 3.5);
    if (window.OpenLists() == kPaneLists) {
      at_close_ = BytesOf(window.Sum(overlay_));
      window.ClosePane(overlay_);
      ++closed_;
    }
    window.Save(overlay_);
    EXPECT_FALSE(overlay_.Failure());
  }
  Answer Any() {
    Answer answer;
    for (std::uint8_t& place : answer.places.by_model) place = static_cast<std::uint8_t>(random_() % 21);
    if (random_() % 4 == 0) answer.places.by_model[2] = LivePlaces::kNoList;
    answer.history = random_() % 30;
    answer.rating = static_cast<double>(1 + random_() % 5);
    return answer;
  }
  MapState below_;
  Overlay overlay_{below_};
  std::mt19937_64 random_{1};
  std::string at_close_;
  std::size_t closed_ = 0;
};

TEST_F(Windows, SlideByPanesAndHoldTheLastLists) {
  constexpr std::size_t kWindow = LiveWindow::kPanes * kPaneLists;
  std::deque<Answer> last;
  for (std::size_t i = 1; i <= 5 * kWindow; ++i) {
    last.push_back(Any());
    if (last.size() > kWindow) last.pop_front();
    const std::size_t closed = closed_;
    Add(last.back());
    if (closed_ > closed) {
      EXPECT_EQ(at_close_, BytesOf(SumOf(last))) << i;
    }
    EXPECT_EQ(LiveWindow::Load(overlay_, kChallenger).scored(), i);
  }
  EXPECT_EQ(closed_, 5 * LiveWindow::kPanes);
}

TEST_F(Windows, DropTheSumsOfAChallengerThatIsReplaced) {
  for (int i = 0; i < 10; ++i) Add(Any());
  const LiveScores before = LiveWindow::Load(overlay_, kChallenger).Sum(overlay_);
  const LiveScores after = LiveWindow::Load(overlay_, kChallenger + 1).Sum(overlay_);
  EXPECT_EQ(after.Lists(), before.Lists());
  EXPECT_GT(before.Of(LiveModel::kChallenger).Lists(), 0U);
  EXPECT_EQ(after.Of(LiveModel::kChallenger).Lists(), 0U);
}

TEST_F(Windows, SayThatTheStateIsDamaged) {
  for (int i = 0; i < 4; ++i) Add(Any());
  overlay_.Put("e", "\x01\x04");
  LiveWindow::Load(overlay_, kChallenger);
  ASSERT_TRUE(overlay_.Failure());
  EXPECT_EQ(overlay_.Failure()->code, ErrorCode::kCorrupt);
}

TEST(LiveScores, CountWinsAndLossesWithinTen) {
  LiveScores scores(kChallenger);
  scores.Add({{1, 0, 11}}, 3);
  scores.Add({{10, 10, 10}}, 3);
  scores.Add({{11, 3, 20}}, 30);
  scores.Add({{0, 0, 2}}, 0);
  scores.Add({{5, 12, LivePlaces::kNoList}}, 0);
  EXPECT_EQ(scores.Against(LiveModel::kPopularity).wins, 2U);
  EXPECT_EQ(scores.Against(LiveModel::kPopularity).losses, 1U);
  EXPECT_EQ(scores.Against(LiveModel::kChallenger).wins, 1U);
  EXPECT_EQ(scores.Against(LiveModel::kChallenger).losses, 1U);
  EXPECT_EQ(scores.Lists(), 5U);
  EXPECT_EQ(scores.Of(LiveModel::kChallenger).Lists(), 4U);
  EXPECT_EQ(scores.Of(LiveModel::kHybrid, 1).Lists(), 2U);
  EXPECT_EQ(scores.Of(LiveModel::kHybrid, 3).At(11), 1U);
}

TEST(LiveScores, SayWhoseRatingWasNearer) {
  LiveRatings ratings;
  ratings.Add(5, 4, 3);
  ratings.Add(2, 4, 3);
  ratings.Add(3, 4, 2);
  EXPECT_EQ(ratings.nearer.wins, 1U);
  EXPECT_EQ(ratings.nearer.losses, 1U);
  EXPECT_DOUBLE_EQ(ratings.hybrid.Mae(), 4.0 / 3);
  EXPECT_DOUBLE_EQ(ratings.item_mean.Mse(), 6.0 / 3);
}

TEST(LiveScores, KnowTheGroupOfAHistory) {
  const std::vector<std::pair<std::uint64_t, std::size_t>> groups = {{0, 0}, {1, 1},  {4, 1},
                                                                     {5, 2}, {19, 2}, {20, 3}};
  for (const auto& [events, group] : groups) EXPECT_EQ(HistoryGroupOf(events), group) << events;
}

}  // namespace
}  // namespace freshet::test
