#include "models/int8_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

using Vector = std::vector<float>;

double Uniform(Random& random) { return 2 * random.Uniform() - 1; }

Vector RandomVector(std::size_t dimensions, Random& random) {
  Vector vector(dimensions);
  const double size = 0.2 + random.Uniform();
  for (std::size_t d = 0; d < dimensions; ++d) {
    vector[d] = static_cast<float>(size * (Uniform(random) + Uniform(random)) / std::sqrt(1.0 + d));
  }
  return vector;
}

/// A catalogue and its matrix; products are sums in the order of the dimensions.
struct Items {
  explicit Items(std::size_t dimensions) : matrix(dimensions) {}
  void Put(std::uint64_t item, const Vector& vector, float bias = 0) {
    rows[item] = {vector, bias};
    matrix.Put({item}, vector, bias);
  }
  float Exact(ItemKey item, const Vector& query) const {
    const auto& [vector, bias] = rows.at(item.value);
    float sum = 0;
    for (std::size_t d = 0; d < query.size(); ++d) sum += vector[d] * query[d];
    return sum + bias;
  }
  std::map<std::uint64_t, std::pair<Vector, float>> rows;
  Int8Matrix matrix;
};

struct Question final : ScanItems {
  Question(const Items& of, Vector what) : items(of), query(std::move(what)) {}
  bool Keep(ItemKey item) const override { return keep(item); }
  float Exact(ItemKey item) const override { return items.Exact(item, query); }
  ScanRequest Request(std::size_t limit, float above = 0) const { return {query, *this, limit, above}; }
  const Items& items;
  Vector query;
  std::function<bool(ItemKey)> keep = [](ItemKey) { return true; };
};

Items RandomItems(std::size_t dimensions, std::size_t count, Random& random) {
  Items items(dimensions);
  for (std::size_t i = 0; i < count; ++i) {
    items.Put(i, RandomVector(dimensions, random), static_cast<float>(0.1 * Uniform(random)));
  }
  return items;
}

ScanResult Search(const Items& items, const ScanRequest& request, ScanKernel kernel = BestScanKernel()) {
  Int8Scan scan(kernel);
  ScanResult result;
  scan.Run(items.matrix, {&request, 1}, {&result, 1});
  return result;
}

/// Every item's exact score, the best first.
std::vector<ScanHit> Reference(const Items& items, const Question& question, float above) {
  std::vector<ScanHit> all;
  for (const auto& [item, row] : items.rows) {
    const float score = question.Exact({item});
    if (question.Keep({item}) && score > above) all.push_back({{item}, score});
  }
  std::sort(all.begin(), all.end(), [](const ScanHit& a, const ScanHit& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  });
  return all;
}

void ExpectSame(const ScanResult& a, const ScanResult& b) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a.mass), std::bit_cast<std::uint64_t>(b.mass));
  ASSERT_EQ(a.hits.size(), b.hits.size());
  for (std::size_t i = 0; i < a.hits.size(); ++i) {
    EXPECT_EQ(a.hits[i].item, b.hits[i].item);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(a.hits[i].score), std::bit_cast<std::uint32_t>(b.hits[i].score));
  }
}

TEST(Int8Scan, ThePlainKernelIsAlwaysThere) {
  const auto kernels = ScanKernelsHere();
  ASSERT_FALSE(kernels.empty());
  EXPECT_EQ(kernels.back().name, "plain");
  EXPECT_EQ(kernels.front().kernel, BestScanKernel());
}

TEST(Int8Scan, GivesTheSameBitsOnEachKernel) {
  Random random(7);
  for (const std::size_t dimensions : {4u, 64u, 128u, 256u}) {
    Items items = RandomItems(dimensions, 3000, random);
    for (std::uint64_t i = 0; i < 3000; i += 7) items.matrix.Erase({i});
    for (std::size_t together = 1; together <= 11; ++together) {
      std::vector<Question> questions;
      for (std::size_t q = 0; q < together; ++q)
        questions.emplace_back(items, RandomVector(dimensions, random));
      std::vector<ScanRequest> requests;
      for (const Question& question : questions) requests.push_back(question.Request(40));
      std::vector<ScanResult> plain(together);
      Int8Scan(ScanChunkPlain).Run(items.matrix, requests, plain);
      for (const NamedScanKernel& kernel : ScanKernelsHere()) {
        SCOPED_TRACE(kernel.name);
        std::vector<ScanResult> results(together);
        Int8Scan(kernel.kernel).Run(items.matrix, requests, results);
        for (std::size_t q = 0; q < together; ++q) ExpectSame(results[q], plain[q]);
      }
    }
  }
}

TEST(Int8Scan, FindsTheExactBest) {
  Random random(8);
  const Items items = RandomItems(64, 20'000, random);
  std::size_t found = 0;
  constexpr std::size_t kQueries = 40;
  constexpr std::size_t kWanted = 100;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const Question question(items, RandomVector(64, random));
    const ScanResult result = Search(items, question.Request(kWanted));
    const std::vector<ScanHit> best = Reference(items, question, 0);
    ASSERT_EQ(result.hits.size(), kWanted);
    for (const ScanHit& hit : result.hits) {
      EXPECT_EQ(hit.score, question.Exact(hit.item));
      found += hit.score >= best[kWanted - 1].score ? 1 : 0;
    }
  }
  EXPECT_GE(found, 995 * kQueries * kWanted / 1000);
}

TEST(Int8Scan, TheMassIsTheSumOfThePositiveScores) {
  Random random(9);
  const Items items = RandomItems(64, 5000, random);
  const Question question(items, RandomVector(64, random));
  double sum = 0;
  for (const ScanHit& hit : Reference(items, question, 0)) sum += static_cast<double>(hit.score);
  EXPECT_NEAR(Search(items, question.Request(10)).mass / sum, 1, 0.01);
}

TEST(Int8Scan, PlacesDoNotMatter) {
  Random random(10);
  Items straight(64);
  Items crooked(64);
  std::vector<Vector> vectors;
  for (int i = 0; i < 50; ++i) vectors.push_back(RandomVector(64, random));
  // Many rows are equal, so that keys decide.
  for (std::uint64_t i = 0; i < 4000; ++i) straight.Put(i, vectors[i % vectors.size()]);
  for (std::uint64_t i = 0; i < 9000; ++i) crooked.Put(1'000'000 + i, RandomVector(64, random));
  for (std::uint64_t i = 4000; i-- > 0;) {
    crooked.Put(i, vectors[i % vectors.size()]);
    crooked.matrix.Erase({1'000'000 + i});
  }
  for (std::uint64_t i = 4000; i < 9000; ++i) crooked.matrix.Erase({1'000'000 + i});
  for (int q = 0; q < 10; ++q) {
    const Question one(straight, RandomVector(64, random));
    const Question other(crooked, one.query);
    ExpectSame(Search(straight, one.Request(60)), Search(crooked, other.Request(60)));
    EXPECT_EQ(Search(straight, one.Request(60)).hits.size(), 60u);
  }
}

TEST(Int8Scan, PassesOverWhatIsNotKept) {
  Random random(11);
  const Items items = RandomItems(64, 3000, random);
  Question question(items, RandomVector(64, random));
  const std::vector<ScanHit> all = Reference(items, question, 0);
  ItemSet best;
  for (std::size_t i = 0; i < 500; ++i) best.insert(all[i].item);
  question.keep = [&](ItemKey item) { return !best.contains(item); };
  const ScanResult result = Search(items, question.Request(20));
  ASSERT_EQ(result.hits.size(), 20u);
  EXPECT_EQ(result.hits.front().item, all[500].item);
  for (const ScanHit& hit : result.hits) EXPECT_FALSE(best.contains(hit.item));
}

TEST(Int8Scan, HitsScoreMoreThanAsked) {
  Random random(12);
  const Items items = RandomItems(64, 500, random);
  const Question question(items, RandomVector(64, random));
  const float lowest = std::numeric_limits<float>::lowest();
  EXPECT_EQ(Search(items, question.Request(500, lowest)).hits.size(), 500u);
  for (const ScanHit& hit : Search(items, question.Request(500)).hits) EXPECT_GT(hit.score, 0);
}

TEST(Int8Scan, OddRowsAndQueriesAreHarmless) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  Items items(4);
  items.Put(1, {1, 0, 0, 0});
  items.Put(2, {0, 0, 0, 0}, 0.5f);
  items.Put(3, {kNan, 1, 1, 1});
  items.Put(4, {1e38f, 1e38f, 1e38f, 1e38f});
  items.Put(5, {-1, 0, 0, 0}, -1);
  items.Put(6, {1e-35f, 0, 0, 0});
  for (const NamedScanKernel& kernel : ScanKernelsHere()) {
    SCOPED_TRACE(kernel.name);
    const auto found = [&](const Vector& query) {
      const Question question(items, query);
      std::vector<std::uint64_t> keys;
      for (const ScanHit& hit : Search(items, question.Request(10), kernel.kernel).hits) {
        keys.push_back(hit.item.value);
      }
      return keys;
    };
    EXPECT_EQ(found({2, 0, 0, 0}), (std::vector<std::uint64_t>{4, 1, 2, 6}));
    EXPECT_EQ(found({1e3f, 1e3f, 1e3f, 1e3f}), (std::vector<std::uint64_t>{1, 2, 6})) << "4 is not finite";
    EXPECT_EQ(found({0, 0, 0, 0}), (std::vector<std::uint64_t>{2}));
    EXPECT_TRUE(found({kNan, 0, 0, 0}).empty());
    EXPECT_TRUE(found({0, std::numeric_limits<float>::infinity(), 0, 0}).empty());
  }
}

TEST(Int8Scan, AnEmptyMatrixHasNoHits) {
  const Items items(64);
  const Question question(items, Vector(64, 1));
  const ScanResult result = Search(items, question.Request(10));
  EXPECT_TRUE(result.hits.empty());
  EXPECT_EQ(result.mass, 0);
}

}  // namespace
}  // namespace freshet
