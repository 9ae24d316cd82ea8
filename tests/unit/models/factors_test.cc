#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/factor_statistics.h"
#include "models/float_lanes.h"
#include "models/gramian.h"
#include "models/spd_solver.h"
#include "models/user_factor.h"

namespace freshet {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Factor RandomFactor(Random& random) {
  Factor factor;
  for (float& entry : factor) entry = static_cast<float>(random.Uniform() - 0.4) * 0.5f;
  return factor;
}

Vector ToEigen(const Factor& factor) {
  Vector vector(kFactors);
  for (std::size_t i = 0; i < kFactors; ++i)
    vector[static_cast<Eigen::Index>(i)] = static_cast<double>(factor[i]);
  return vector;
}

double Distance(const Factor& factor, const Vector& reference) {
  return (ToEigen(factor) - reference).norm() / (1e-9 + reference.norm());
}

struct Shop : ItemView {
  std::map<std::uint64_t, ItemModel> items;
  std::map<std::uint64_t, Factor> folded;
  GlobalModel global;
  std::string version = "shop";
  const ItemModel* Find(ItemKey item) const override {
    const auto found = items.find(item.value);
    return found == items.end() ? nullptr : &found->second;
  }
  std::span<const PopularItem> Popular(std::size_t) const override { return {}; }
  const GlobalModel& Global() const override { return global; }
  const Factor* Folded(ItemKey item) const override {
    const auto found = folded.find(item.value);
    return found == folded.end() ? nullptr : &found->second;
  }
  const Int8Matrix* Vectors(VectorSpace) const override { return nullptr; }
  std::size_t ItemCount() const override { return items.size(); }
  const std::string& Version() const override { return version; }
};

TEST(SpdSolver, SolvesAsEigenDoes) {
  Random random(1);
  SpdSolver solver;
  for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 9u, 31u, 64u, 101u}) {
    const auto n = static_cast<Eigen::Index>(size);
    Matrix root(n, n);
    for (double& entry : root.reshaped()) entry = random.Uniform() - 0.5;
    const Matrix a = root * root.transpose() + 0.1 * Matrix::Identity(n, n);
    Vector b(n);
    for (double& entry : b) entry = random.Uniform();
    solver.Reset(size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = i; j < size; ++j) {
        solver.At(i, j) = a(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      }
    }
    ASSERT_TRUE(solver.Factorise());
    Vector x = b;
    solver.Solve(std::span(x.data(), size));
    EXPECT_LT((x - a.llt().solve(b)).norm(), 1e-9 * (1 + x.norm())) << size;
  }
}

TEST(SpdSolver, RefusesWhatIsNotPositiveDefinite) {
  SpdSolver solver;
  solver.Reset(2);
  solver.At(0, 0) = 1;
  solver.At(0, 1) = 2;
  solver.At(1, 1) = 1;
  EXPECT_FALSE(solver.Factorise());
  solver.Reset(1);
  solver.At(0, 0) = std::nan("");
  EXPECT_FALSE(solver.Factorise());
}

TEST(Gramian, AddsSubtractsMergesAndFoldsIn) {
  Random random(2);
  Gramian left;
  Gramian right;
  Matrix reference = Matrix::Zero(kFactors, kFactors);
  for (int i = 0; i < 40; ++i) {
    const Factor factor = RandomFactor(random);
    (i % 2 == 0 ? left : right).Add(factor);
    if (i % 4 == 0) {
      left.Subtract(factor);
    } else {
      reference += ToEigen(factor) * ToEigen(factor).transpose();
    }
  }
  left.Merge(right);
  EXPECT_EQ(left.count(), 30);
  const std::vector<float> full = left.Full();
  for (std::size_t i = 0; i < full.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i / kFactors);
    EXPECT_NEAR(full[i], reference(row, static_cast<Eigen::Index>(i % kFactors)), 1e-5);
  }
  const Factor q = RandomFactor(random);
  const Matrix system = 0.3 * reference + 2.0 * Matrix::Identity(kFactors, kFactors);
  const FoldIn fold_in(Gramian::FromFull(full), {.alpha0 = 0.3, .lambda = 2});
  EXPECT_LT(Distance(fold_in.Fold(q), system.llt().solve(ToEigen(q))), 1e-5);
}

TEST(Gramian, SurvivesEncodingAndRefusesDamage) {
  Random random(3);
  Gramian gramian;
  gramian.Add(RandomFactor(random));
  std::string bytes;
  ByteWriter writer(bytes);
  gramian.Encode(writer);
  Gramian decoded;
  ByteReader reader(bytes);
  ASSERT_TRUE(decoded.Decode(reader));
  EXPECT_EQ(decoded.Full(), gramian.Full());
  ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_FALSE(decoded.Decode(cut));
  EXPECT_EQ(decoded.count(), 0);
}

TEST(Gramian, InitialFactorsAreSmallDistinctAndRepeatable) {
  const Factor one = InitialFactor({1});
  EXPECT_EQ(one, InitialFactor({1}));
  EXPECT_NE(one, InitialFactor({2}));
  EXPECT_NEAR(std::sqrt(Dot(one, one)), 0.1, 0.03);
}

class FactorStatisticsOf : public testing::TestWithParam<int> {};

TEST_P(FactorStatisticsOf, SolvesTheRidgeProblem) {
  Random random(4);
  Gramian users;
  Matrix gram = Matrix::Zero(kFactors, kFactors);
  FactorStatistics first;
  FactorStatistics second;
  Matrix a = Matrix::Zero(kFactors, kFactors);
  Vector b = Vector::Zero(kFactors);
  for (int i = 0; i < GetParam(); ++i) {
    const Factor user = RandomFactor(random);
    const auto weight = static_cast<float>(0.5 + random.Uniform());
    users.Add(user);
    gram += ToEigen(user) * ToEigen(user).transpose();
    (i % 3 == 0 ? first : second).Add(weight, user);
    a += static_cast<double>(weight) * ToEigen(user) * ToEigen(user).transpose();
    b += static_cast<double>(weight) * ToEigen(user);
  }
  first.Merge(second);
  EXPECT_EQ(first.count(), static_cast<std::uint64_t>(GetParam()));
  const auto q = first.Solve(users, {.alpha0 = 0.2, .lambda = 1.5});
  ASSERT_TRUE(q.has_value());
  const Matrix system = 0.2 * gram + a + 1.5 * Matrix::Identity(kFactors, kFactors);
  EXPECT_LT(Distance(*q, system.llt().solve(b)), 0.01) << "factors are stored with 8 bits of mantissa";
}

TEST_P(FactorStatisticsOf, SurvivesEncodingAndRefusesDamage) {
  Random random(5);
  FactorStatistics statistics;
  for (int i = 0; i < GetParam(); ++i) statistics.Add(1, RandomFactor(random));
  std::string bytes;
  ByteWriter writer(bytes);
  statistics.Encode(writer);
  FactorStatistics decoded;
  ByteReader reader(bytes);
  ASSERT_TRUE(decoded.Decode(reader));
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(decoded.Solve({}, {}), statistics.Solve({}, {}));
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    ByteReader cut(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(decoded.Decode(cut));
    EXPECT_TRUE(decoded.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(PairsAndSums, FactorStatisticsOf, testing::Values(1, 5, 32, 33, 100));

Factor Drawn(std::mt19937& random) {
  std::normal_distribution<float> normal(0, 0.3f);
  Factor factor;
  for (float& entry : factor) entry = normal(random);
  return factor;
}

Factor Nearly(Factor factor, std::mt19937& random) {
  std::normal_distribution<float> normal(0, 0.02f);
  for (float& entry : factor) entry += normal(random);
  return factor;
}

TEST(FactorStatistics, WhatIsTakenBackIsGoneExactlyWhilePairsAreKept) {
  std::mt19937 random(7);
  FactorStatistics with;
  FactorStatistics without;
  std::vector<Factor> users;
  for (int i = 0; i < 20; ++i) {
    users.push_back(Drawn(random));
    with.Add(i % 2 == 0 ? 1.0f : 2.0f, users.back());
    if (i != 6) without.Add(i % 2 == 0 ? 1.0f : 2.0f, users.back());
  }
  FactorStatistics back;
  back.TakeBack(1, Nearly(users[6], random));
  with.Merge(back);
  with.Settle();
  EXPECT_EQ(with.additions(), 19);
  const Gramian gram;
  EXPECT_EQ(*with.Solve(gram, {}), *without.Solve(gram, {}));
}

TEST(FactorStatistics, PackedSumsKeepLittleOfWhatIsTakenBack) {
  std::mt19937 random(8);
  FactorStatistics with;
  FactorStatistics without;
  std::vector<Factor> users;
  for (int i = 0; i < 400; ++i) {
    users.push_back(Drawn(random));
    with.Add(1, users.back());
    if (i != 6) without.Add(1, users.back());
  }
  const Gramian gram;
  const Factor before = *with.Solve(gram, {});
  FactorStatistics back;
  back.TakeBack(1, Nearly(users[6], random));
  with.Merge(back);
  with.Settle();
  const Factor after = *with.Solve(gram, {});
  const Factor wanted = *without.Solve(gram, {});
  float moved = 0;
  float left = 0;
  for (std::size_t i = 0; i < kFactors; ++i) {
    moved += (before[i] - wanted[i]) * (before[i] - wanted[i]);
    left += (after[i] - wanted[i]) * (after[i] - wanted[i]);
  }
  EXPECT_LT(left, moved * 0.1f) << left << " of " << moved;
}

TEST(FactorStatistics, NothingIsLeftWhenAllIsTakenBack) {
  std::mt19937 random(9);
  FactorStatistics statistics;
  std::vector<Factor> users;
  for (int i = 0; i < 40; ++i) {
    users.push_back(Drawn(random));
    statistics.Add(1, users.back());
  }
  for (const Factor& user : users) statistics.TakeBack(1, Nearly(user, random));
  statistics.Settle();
  EXPECT_EQ(statistics.additions(), 0);
  const Factor solved = *statistics.Solve(Gramian(), {});
  for (const float entry : solved) EXPECT_EQ(entry, 0);
}

TEST(FactorStatistics, PackingDoesNotChangeTheSolution) {
  Random random(6);
  FactorStatistics pairs;
  FactorStatistics packed;
  for (int i = 0; i < 40; ++i) {
    const Factor user = RandomFactor(random);
    packed.Add(i < 20 ? 1.0f : 0.0f, user);
    if (i < 20) pairs.Add(1, user);
  }
  EXPECT_EQ(pairs.Solve({}, {}), packed.Solve({}, {}));
}

TEST(FactorStatistics, SolveIsDueAfterAnEighthMoreEvidence) {
  EXPECT_TRUE(DueForSolve(1, 1));
  EXPECT_TRUE(DueForSolve(1, 15));
  EXPECT_FALSE(DueForSolve(1, 16));
  EXPECT_TRUE(DueForSolve(100, 800));
  EXPECT_FALSE(DueForSolve(0, 0));
}

class UserFactorOver : public testing::TestWithParam<int> {};

TEST_P(UserFactorOver, EqualsThePrimalFoldIn) {
  Random random(7);
  Shop shop;
  Gramian gramian;
  Matrix gram = Matrix::Zero(kFactors, kFactors);
  const int history = GetParam();
  for (std::uint64_t i = 0; i < 200; ++i) {
    ItemModel item;
    item.key = {i};
    item.has_factor = true;
    item.factor = RandomFactor(random);
    gramian.Add(item.factor);
    gram += ToEigen(item.factor) * ToEigen(item.factor).transpose();
    shop.items[i] = item;
  }
  const FoldIn fold_in(gramian, {.alpha0 = 0.1, .lambda = 0.7});
  for (const auto& [key, item] : shop.items) shop.folded[key] = fold_in.Fold(item.factor);

  std::vector<WindowItem> places;
  Matrix system = 0.1 * gram + 0.7 * Matrix::Identity(kFactors, kFactors);
  Vector target = Vector::Zero(kFactors);
  for (int i = 0; i < history; ++i) {
    const float strength = i == 2 ? 0.0f : 1.0f + static_cast<float>(i % 3);
    places.push_back({{static_cast<std::uint64_t>(i * 5)}, strength, 0, 0});
    const double weight = static_cast<double>(strength) * std::exp(-i / 20.0);
    const Vector q = ToEigen(shop.items.at(static_cast<std::uint64_t>(i * 5)).factor);
    system += weight * q * q.transpose();
    target += weight * q;
  }
  places.push_back({{9999}, 1, 0, 0});  // unknown item: skipped

  UserFactor user;
  ASSERT_TRUE(user.Compute(places, shop));
  EXPECT_LT(Distance(user.value(), system.llt().solve(target)), 1e-4);

  const Factor& q = shop.items.at(77).factor;
  std::vector<float> parts(places.size());
  user.Contributions(q, parts);
  double sum = 0;
  for (const float part : parts) sum += static_cast<double>(part);
  EXPECT_NEAR(sum, Dot(q, user.value()), 1e-5);
  if (history > 2) {
    EXPECT_EQ(parts[2], 0);
  }
  EXPECT_EQ(parts.back(), 0);
}

INSTANTIATE_TEST_SUITE_P(Histories, UserFactorOver, testing::Values(1, 2, 5, 17, 31));

TEST(UserFactor, IsUnknownWithoutFactors) {
  Shop shop;
  UserFactor user;
  const std::vector<WindowItem> places = {{{1}, 1, 0, 0}};
  EXPECT_FALSE(user.Compute(places, shop));
  EXPECT_FALSE(user.known());
  EXPECT_EQ(user.value(), Factor{});
}

}  // namespace
}  // namespace freshet
