#include "models/taste_model.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
constexpr auto kSize = static_cast<Eigen::Index>(kTaste);

double Centred(Random& random) { return 2 * random.Uniform() - 1; }

std::vector<ItemModel> SomeItems(std::size_t count, Random& random) {
  std::vector<ItemModel> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i].key = {i + 1};
    for (float& number : items[i].taste.mean) number = static_cast<float>(Centred(random));
    items[i].taste.bias_variance = static_cast<float>(0.2 * random.Uniform() + 0.01);
    items[i].taste.variance = static_cast<float>(0.05 * random.Uniform());
  }
  return items;
}

std::vector<RatedItem> SomeRatings(const std::vector<ItemModel>& items, Random& random) {
  std::vector<RatedItem> rated;
  for (const ItemModel& item : items) rated.push_back({&item, 1 + static_cast<float>(random.Below(5)), {}});
  return rated;
}

Vector WithOne(const Taste& taste) {
  Vector row(kSize);
  for (std::size_t k = 0; k < kTaste; ++k)
    row[static_cast<Eigen::Index>(k)] = k == 0 ? 1 : static_cast<double>(taste[k]);
  return row;
}

/// The posterior of a user's vector by its textbook formula.
struct Posterior {
  Matrix covariance;
  Vector mean;
};
Posterior PosteriorOf(const std::vector<RatedItem>& rated, double mean, const RatingOptions& options) {
  Matrix precision = Matrix::Identity(kSize, kSize);
  precision(0, 0) = 1 / options.user_variance;
  Vector right = Vector::Zero(kSize);
  for (std::size_t i = 0; i < rated.size(); ++i) {
    const ItemTaste& taste = rated[i].item->taste;
    const Vector row = WithOne(taste.mean);
    const double weight = std::exp(-static_cast<double>(i) / options.memory) /
                          (options.taste_noise + static_cast<double>(taste.bias_variance));
    precision += weight * row * row.transpose();
    for (Eigen::Index k = 1; k < kSize; ++k) precision(k, k) += weight * static_cast<double>(taste.variance);
    right +=
        weight * row * (static_cast<double>(rated[i].rating) - mean - static_cast<double>(taste.mean[0]));
  }
  Posterior posterior;
  posterior.covariance = precision.inverse();
  posterior.mean = posterior.covariance * right;
  return posterior;
}

TasteLesson LessonOf(const std::vector<ItemModel>& items, Random& random) {
  UserTaste user({});
  user.Solve(SomeRatings(items, random), 3.5);
  return user.Lesson(static_cast<std::uint32_t>(items.size()));
}

TEST(UserTaste, IsThePosteriorOfItsRatings) {
  Random random(1);
  const std::vector<ItemModel> items = SomeItems(60, random);
  const std::vector<RatedItem> rated = SomeRatings(items, random);
  const RatingOptions options;
  UserTaste user(options);
  user.Solve(rated, 3.4);
  const Posterior expected = PosteriorOf(rated, 3.4, options);
  for (std::size_t k = 0; k < kTaste; ++k)
    EXPECT_NEAR(user.value()[k], expected.mean[static_cast<Eigen::Index>(k)], 1e-4);
  const Vector row = WithOne(items[7].taste.mean);
  EXPECT_NEAR(user.Variance(items[7].taste.mean), row.dot(expected.covariance * row), 1e-4);
}

TEST(UserTaste, IsThePriorWithoutRatings) {
  const RatingOptions options;
  UserTaste user(options);
  user.Solve({}, 3.4);
  for (const float number : user.value()) EXPECT_EQ(number, 0);
  EXPECT_NEAR(user.Variance(Taste{}), options.user_variance, 1e-12);
}

TEST(UserTaste, OfNumbersBeyondAllScaleIsThePrior) {
  std::vector<ItemModel> items(1);
  items[0].taste.mean.fill(std::nanf(""));
  const std::vector<RatedItem> rated = {{&items[0], 4, {}}};
  UserTaste user({});
  user.Solve(rated, 3);
  for (const float number : user.value()) EXPECT_EQ(number, 0);
}

TEST(UserTaste, TeachesItsExpectedSquares) {
  Random random(2);
  const std::vector<ItemModel> items = SomeItems(9, random);
  const std::vector<RatedItem> rated = SomeRatings(items, random);
  const RatingOptions options;
  UserTaste user(options);
  user.Solve(rated, 3.4);
  const TasteLesson lesson = user.Lesson(9);
  const Posterior posterior = PosteriorOf(rated, 3.4, options);
  const double weight = 1 / (options.taste_noise + posterior.covariance(0, 0));
  Vector row = posterior.mean;
  row[0] = 1;
  EXPECT_NEAR(lesson.base, 3.4 + posterior.mean[0], 1e-4);
  std::size_t entry = 0;
  for (Eigen::Index a = 0; a < kSize; ++a) {
    EXPECT_NEAR(lesson.row[static_cast<std::size_t>(a)], weight * row[a], 1e-4);
    for (Eigen::Index b = 0; b <= a; ++b) {
      const double uncertain = b == 0 ? 0 : posterior.covariance(a, b);
      EXPECT_NEAR(lesson.squares[entry++], weight * (row[a] * row[b] + uncertain), 1e-4);
    }
  }
}

TEST(TasteSums, AreSolvedAsTheRidgeIs) {
  Random random(3);
  const std::vector<ItemModel> items = SomeItems(12, random);
  const RatingOptions options;
  TasteSums sums;
  Matrix precision = Matrix::Identity(kSize, kSize) / options.taste_variance;
  precision(0, 0) = 1 / options.item_variance;
  const Taste start = InitialTaste({42});
  Vector right = Vector::Zero(kSize);
  for (std::size_t k = 1; k < kTaste; ++k)
    right[static_cast<Eigen::Index>(k)] = static_cast<double>(start[k]) / options.taste_variance;
  for (int u = 0; u < 30; ++u) {
    const TasteLesson lesson = LessonOf(items, random);
    const float rating = 1 + static_cast<float>(random.Below(5));
    sums.Add(lesson, rating);
    std::size_t entry = 0;
    for (Eigen::Index a = 0; a < kSize; ++a) {
      right[a] += static_cast<double>(lesson.row[static_cast<std::size_t>(a)] * (rating - lesson.base));
      for (Eigen::Index b = 0; b <= a; ++b, ++entry) {
        precision(a, b) += static_cast<double>(lesson.squares[entry]);
        if (a != b) precision(b, a) += static_cast<double>(lesson.squares[entry]);
      }
    }
  }
  const ItemTaste taste = sums.Solve({42}, options);
  const Matrix covariance = precision.inverse();
  const Vector expected = covariance * right;
  for (std::size_t k = 0; k < kTaste; ++k)
    EXPECT_NEAR(taste.mean[k], expected[static_cast<Eigen::Index>(k)], 1e-3);
  EXPECT_NEAR(taste.bias_variance, covariance(0, 0), 1e-4);
  EXPECT_NEAR(taste.variance, (covariance.trace() - covariance(0, 0)) / (kTaste - 1), 1e-4);
  EXPECT_EQ(sums.ratings(), 30);
}

TEST(TasteSums, ForgetWhatIsTakenBack) {
  Random random(4);
  const std::vector<ItemModel> items = SomeItems(12, random);
  TasteSums with;
  TasteSums without;
  std::vector<std::pair<TasteLesson, float>> gone;
  for (int u = 0; u < 20; ++u) {
    const TasteLesson lesson = LessonOf(items, random);
    const float rating = 1 + static_cast<float>(random.Below(5));
    with.Add(lesson, rating);
    if (u % 3 == 0) gone.emplace_back(lesson, rating);
    if (u % 3 != 0) without.Add(lesson, rating);
  }
  for (const auto& [lesson, rating] : gone) with.TakeBack(lesson, rating);
  with.Settle();
  const ItemTaste a = with.Solve({1}, {});
  const ItemTaste b = without.Solve({1}, {});
  for (std::size_t k = 0; k < kTaste; ++k) EXPECT_NEAR(a.mean[k], b.mean[k], 1e-5);
  EXPECT_NEAR(a.variance, b.variance, 1e-6);
  EXPECT_EQ(with.ratings(), without.ratings());
}

TEST(TasteSums, WithoutRatingsSayNothing) {
  Random random(5);
  const std::vector<ItemModel> items = SomeItems(4, random);
  const TasteLesson lesson = LessonOf(items, random);
  TasteSums sums;
  EXPECT_TRUE(sums.empty());
  EXPECT_FALSE(sums.Solve({1}, {}).known());
  sums.Add(lesson, 5);
  EXPECT_TRUE(sums.Solve({1}, {}).known());
  sums.TakeBack(lesson, 5);
  sums.Settle();
  EXPECT_FALSE(sums.empty()) << "a delta must carry that something was taken back";
  EXPECT_FALSE(sums.Solve({1}, {}).known());
}

TEST(TasteSums, MergeAndTravel) {
  Random random(6);
  const std::vector<ItemModel> items = SomeItems(4, random);
  const TasteLesson one = LessonOf(items, random);
  const TasteLesson other = LessonOf(items, random);
  TasteSums both;
  both.Add(one, 4);
  both.Add(other, 2);
  TasteSums left;
  TasteSums right;
  left.Add(one, 4);
  right.Add(other, 2);
  std::string bytes;
  ByteWriter writer(bytes);
  right.Encode(writer);
  ByteReader reader(bytes);
  TasteSums arrived;
  ASSERT_TRUE(arrived.Decode(reader));
  left.Merge(arrived);
  EXPECT_EQ(left.changes(), 2U);
  EXPECT_EQ(left.Solve({9}, {}).mean, both.Solve({9}, {}).mean);
  for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
    ByteReader damaged(std::string_view(bytes).substr(0, cut));
    EXPECT_FALSE(TasteSums().Decode(damaged)) << cut;
  }
}

TEST(TasteLesson, Travels) {
  Random random(7);
  const TasteLesson lesson = LessonOf(SomeItems(4, random), random);
  std::string bytes;
  ByteWriter writer(bytes);
  lesson.Encode(writer);
  ByteReader reader(bytes);
  TasteLesson read;
  ASSERT_TRUE(read.Decode(reader));
  EXPECT_EQ(read.ratings, lesson.ratings);
  EXPECT_EQ(read.base, lesson.base);
  EXPECT_EQ(read.row, lesson.row);
  EXPECT_EQ(read.squares, lesson.squares);
  ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_FALSE(read.Decode(cut));
}

TEST(InitialTaste, IsSmallAndOfTheKeyAlone) {
  EXPECT_EQ(InitialTaste({1}), InitialTaste({1}));
  EXPECT_NE(InitialTaste({1}), InitialTaste({2}));
  EXPECT_EQ(InitialTaste({1})[0], 0);
  for (const float number : InitialTaste({3})) EXPECT_LT(std::abs(number), 0.1F);
}

/// Forty users of two camps rate what their camp likes high and the rest low: no bias tells them apart.
TEST(TasteModel, FindsWhatBiasesCannotSay) {
  constexpr int kUsers = 40;
  constexpr int kItems = 20;
  const RatingOptions options;
  std::vector<ItemModel> items(kItems);
  std::vector<TasteSums> sums(kItems);
  std::vector<TasteLesson> lessons(kUsers);
  std::vector<std::vector<RatedItem>> rated(kUsers);
  const auto stars = [](int u, int i) { return (u % 2) == (i % 2) ? 5.0F : 1.0F; };
  Random random(8);
  for (int n = 0; n < kUsers * 12; ++n) {
    const auto u = static_cast<std::size_t>(random.Below(kUsers));
    const auto i = static_cast<std::size_t>(random.Below(kItems - 2));  // the last two stay unrated by most
    rated[u].insert(rated[u].begin(),
                    RatedItem{&items[i], stars(static_cast<int>(u), static_cast<int>(i)), {}});
    UserTaste user(options);
    user.Solve(rated[u], 3);
    const TasteLesson before = lessons[u];
    lessons[u] = user.Lesson(static_cast<std::uint32_t>(rated[u].size()));
    for (std::size_t k = 0; k < rated[u].size(); ++k) {
      const auto item = static_cast<std::size_t>(rated[u][k].item - items.data());
      if (k > 0) sums[item].TakeBack(before, rated[u][k].rating);
      sums[item].Add(lessons[u], rated[u][k].rating);
      items[item].taste = sums[item].Solve({item}, options);
    }
  }
  double error = 0;
  for (std::size_t u = 0; u < kUsers; ++u) {
    UserTaste user(options);
    user.Solve(rated[u], 3);
    for (std::size_t i = 0; i < kItems - 2; ++i) {
      const Taste& item = items[i].taste.mean;
      const float predicted = 3 + user.value()[0] + item[0] + TasteProduct(user.value(), item);
      error += std::abs(static_cast<double>(predicted - stars(static_cast<int>(u), static_cast<int>(i))));
    }
  }
  EXPECT_LT(error / (kUsers * (kItems - 2)), 0.7) << "biases alone are wrong by 2";
}

}  // namespace
}  // namespace freshet
