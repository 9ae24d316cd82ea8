#include "models/rating_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

constexpr HalfLife kHalfLife{1000};

double Feature(const RatingRow& row, std::string_view name) {
  const auto place = std::find(kRatingFeatures.begin(), kRatingFeatures.end(), name);
  EXPECT_NE(place, kRatingFeatures.end()) << name;
  return row.features[static_cast<std::size_t>(place - kRatingFeatures.begin())];
}

class Features : public ::testing::Test {
 protected:
  /// Films of equal taste along one axis; each is together with the two before, by 2 and by 1.
  Features() : items_(30) {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      ItemModel& item = items_[i];
      item.key = {i * 1024 + 1};  // keys that collide in a small table
      item.ratings = 20;
      item.taste.mean[0] = 0.1F * static_cast<float>(i % 3);
      item.taste.mean[1] = i % 2 == 0 ? 0.5F : -0.5F;
      item.taste.bias_variance = 0.05F;
      item.row_mass = 10;
      if (i > 0) item.row.push_back({{(i - 1) * 1024 + 1}, 0, 0, 0, 8});
      if (i > 1) item.row.push_back({{(i - 2) * 1024 + 1}, 0, 0, 0, 4});
    }
  }
  RatingRow Read(const ItemModel* item, Timestamp at = {100'000}) {
    user_.Solve(rated_, 3);
    RatingFeatureReader reader(RatingOptions(), kHalfLife);
    return reader.Read({&user_, rated_, item, at, 0.25, -0.5});
  }
  double Residual(const RatedItem& rated) const {
    const Taste& item = rated.item->taste.mean;
    return static_cast<double>(rated.rating) - 3 - static_cast<double>(user_.value()[0]) -
           static_cast<double>(item[0]) - static_cast<double>(user_.value()[1] * item[1]);
  }
  std::vector<ItemModel> items_;
  std::vector<RatedItem> rated_;
  UserTaste user_{RatingOptions()};
};

TEST_F(Features, OfAStrangerAreTheItemsOwn) {
  const RatingRow row = Read(&items_[4]);
  EXPECT_EQ(Feature(row, "user_bias"), 0);
  EXPECT_NEAR(Feature(row, "item_bias"), 0.1, 1e-6);
  EXPECT_EQ(Feature(row, "taste"), 0);
  EXPECT_EQ(Feature(row, "same_day"), 0);
  EXPECT_EQ(Feature(row, "neighbours"), 0);
  EXPECT_EQ(Feature(row, "known_user"), -0.5);
  EXPECT_EQ(Feature(row, "kalman"), 0.25);
  EXPECT_EQ(Feature(row, "kalman_taste"), -0.5);
}

TEST_F(Features, OfAnUnknownItemAreTheUsersOwn) {
  rated_ = {{&items_[0], 5, {99'000}}, {&items_[2], 5, {98'000}}};
  const RatingRow row = Read(nullptr);
  EXPECT_GT(Feature(row, "user_bias"), 0);
  EXPECT_EQ(Feature(row, "item_bias"), 0);
  EXPECT_EQ(Feature(row, "neighbours"), 0);
  EXPECT_EQ(Feature(row, "related"), 0);
  const double of_taste = 0.06 * static_cast<double>(TasteProduct(user_.value(), user_.value()));
  EXPECT_NEAR(row.variance, user_.Variance(Taste{}) + 0.3 + of_taste, 1e-6);
}

TEST_F(Features, WeighNeighboursByTheirRows) {
  rated_ = {{&items_[9], 5, {50'000}}, {&items_[8], 2, {50'000}}, {&items_[20], 1, {50'000}}};
  const RatingRow row = Read(&items_[10]);
  const double first = 2 / std::sqrt(15.0 * 15.0);
  const double second = 1 / std::sqrt(15.0 * 15.0) * std::exp(-1.0 / 50);
  const double sum = first * Residual(rated_[0]) + second * Residual(rated_[1]);
  EXPECT_NEAR(Feature(row, "neighbours"), sum / (first + second + 0.02), 1e-6);
  EXPECT_NEAR(Feature(row, "related"), 8 * (3 / 15.0) / std::sqrt(4.0), 1e-6);
  const double near = (2 / 35.0) * (2 / 35.0);
  const double far = (1 / 35.0) * (1 / 35.0);
  EXPECT_NEAR(Feature(row, "close_neighbours"),
              (near * Residual(rated_[0]) + far * Residual(rated_[1])) / (near + far + 1e-3), 1e-6);
}

TEST_F(Features, BringRowsOfOtherLandmarksToOne) {
  rated_ = {{&items_[9], 5, {50'000}}};
  items_[9].row_landmark = {1000};
  items_[9].row_mass = 40;  // worth 20 a half-life later
  items_[10].row_landmark = {2000};
  const RatingRow row = Read(&items_[10]);
  const double cosine = 2 / std::sqrt(15.0 * 25.0);
  EXPECT_NEAR(Feature(row, "neighbours"), cosine * Residual(rated_[0]) / (cosine + 0.02), 1e-6);
}

TEST_F(Features, CountRatingsOfTheSameMinuteAndDay) {
  rated_ = {{&items_[3], 5, {99'500}}, {&items_[5], 1, {50'000}}, {&items_[7], 4, {-900'000'000}}};
  const RatingRow row = Read(&items_[20]);
  EXPECT_NEAR(Feature(row, "same_instant"), Residual(rated_[0]) / 4, 1e-6);
  EXPECT_NEAR(Feature(row, "same_minute"), (Residual(rated_[0]) + Residual(rated_[1])) / 5, 1e-6);
  EXPECT_NEAR(Feature(row, "same_day"), Feature(row, "same_minute"), 1e-12);
}

TEST_F(Features, StayFiniteWhateverTheItemsSay) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    rated_.clear();
    for (std::uint64_t n = random.Below(40); n > 0; --n) {
      const ItemModel& item = items_[random.Below(items_.size())];
      rated_.push_back({&item,
                        1 + static_cast<float>(random.Below(5)),
                        {static_cast<std::int64_t>(random.Below(200'000))}});
    }
    ItemModel& item = items_[random.Below(items_.size())];
    item.row_mass = static_cast<float>(random.Uniform() - 0.5);
    item.taste.mean[1] = static_cast<float>(100 * random.Uniform());
    const RatingRow row = Read(&item);
    for (const double feature : row.features) ASSERT_TRUE(std::isfinite(feature));
    ASSERT_TRUE(std::isfinite(row.variance));
  }
}

}  // namespace
}  // namespace freshet
