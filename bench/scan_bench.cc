// Exhaustive search of factors: cost by rows, kernel and queries a pass, and what the integers miss.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/float_lanes.h"
#include "models/gramian.h"
#include "models/int8_scan.h"

namespace freshet {
namespace {

constexpr std::size_t kWanted = 100;
constexpr std::size_t kUsers = 64;
constexpr std::size_t kClusters = 1000;

/// Factors around centres, as of items that the same people like, with a spectrum that falls as that of
/// learned factors does; users are sums of a few items.
class Catalogue final {
 public:
  explicit Catalogue(std::size_t rows) : matrix_(kFactors), factors_(rows) {
    Random random(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      factors_[i] = InitialFactor({1'000'000'000 + i});
      AddScaled(factors_[i], 1.5f, InitialFactor({random.Below(kClusters)}));
      const double size = 0.5 + random.Uniform();
      for (std::size_t d = 0; d < kFactors; ++d) {
        factors_[i][d] *= static_cast<float>(size / std::sqrt(1 + static_cast<double>(d)));
      }
      matrix_.Put({i}, factors_[i]);
    }
    for (Factor& user : users_) {
      user.fill(0);
      for (int i = 0; i < 5; ++i) AddScaled(user, 1, factors_[random.Below(rows)]);
    }
  }
  const Factor& factor(ItemKey item) const { return factors_[item.value]; }
  const Factor& user(std::size_t i) const { return users_[i % kUsers]; }
  const Int8Matrix& matrix() const { return matrix_; }
  std::size_t rows() const { return factors_.size(); }

 private:
  Int8Matrix matrix_;
  std::vector<Factor> factors_;
  std::array<Factor, kUsers> users_;
};

class OneUser final : public ScanItems {
 public:
  OneUser(const Catalogue& catalogue, const Factor& user) : catalogue_(catalogue), user_(user) {}
  bool Keep(ItemKey) const override { return true; }
  float Exact(ItemKey item) const override { return Dot(catalogue_.factor(item), user_); }

 private:
  const Catalogue& catalogue_;
  const Factor& user_;
};

const Catalogue& CatalogueOf(std::size_t rows) {
  static std::map<std::size_t, std::unique_ptr<Catalogue>> catalogues;
  auto& catalogue = catalogues[rows];
  if (catalogue == nullptr) catalogue = std::make_unique<Catalogue>(rows);
  return *catalogue;
}

void BM_Scan(benchmark::State& state) {
  const auto kernels = ScanKernelsHere();
  const auto chosen = static_cast<std::size_t>(state.range(2));
  if (chosen >= kernels.size()) return state.SkipWithError("not on this processor");
  const Catalogue& catalogue = CatalogueOf(static_cast<std::size_t>(state.range(0)));
  const auto together = static_cast<std::size_t>(state.range(1));
  Int8Scan scan(kernels[chosen].kernel);
  std::vector<ScanResult> results(together);
  std::size_t next = 0;
  for (auto _ : state) {
    std::vector<OneUser> users;
    std::vector<ScanRequest> requests;
    users.reserve(together);
    for (std::size_t i = 0; i < together; ++i) {
      const Factor& user = catalogue.user(next++);
      users.emplace_back(catalogue, user);
      requests.push_back({user, users.back(), kWanted, 0});
    }
    scan.Run(catalogue.matrix(), requests, results);
    benchmark::DoNotOptimize(results.data());
  }
  state.SetLabel(std::string(kernels[chosen].name));
  state.counters["ms_a_query"] =
      benchmark::Counter(static_cast<double>(state.iterations() * together) * 1e-3,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Scan)
    ->ArgsProduct({{4'000, 100'000, 1'000'000}, {1, 8}, {0, 1, 2}})
    ->ArgNames({"rows", "queries", "kernel"})
    ->Unit(benchmark::kMillisecond);

/// What share of the exact best the scan finds.
void BM_Recall(benchmark::State& state) {
  const Catalogue& catalogue = CatalogueOf(static_cast<std::size_t>(state.range(0)));
  Int8Scan scan;
  std::size_t found = 0;
  std::size_t worst = kWanted;
  for (auto _ : state) {
    for (std::size_t u = 0; u < kUsers; ++u) {
      const Factor& user = catalogue.user(u);
      std::vector<ScanHit> all;
      for (std::size_t i = 0; i < catalogue.rows(); ++i)
        all.push_back({{i}, Dot(catalogue.factor({i}), user)});
      std::nth_element(all.begin(), all.begin() + kWanted - 1, all.end(),
                       [](const ScanHit& a, const ScanHit& b) { return a.score > b.score; });
      const float bar = all[kWanted - 1].score;
      const OneUser items(catalogue, user);
      ScanResult result;
      scan.Run(catalogue.matrix(), std::vector<ScanRequest>{{user, items, kWanted, 0}}, {&result, 1});
      const auto hits = static_cast<std::size_t>(std::count_if(
          result.hits.begin(), result.hits.end(), [&](const ScanHit& hit) { return hit.score >= bar; }));
      found += hits;
      worst = std::min(worst, hits);
    }
  }
  state.counters["recall"] = static_cast<double>(found) / static_cast<double>(kUsers * kWanted);
  state.counters["worst"] = static_cast<double>(worst) / static_cast<double>(kWanted);
}
BENCHMARK(BM_Recall)->Arg(4'000)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

/// A version after `changes` rows of a million were put.
void BM_PutAndShare(benchmark::State& state) {
  Int8Matrix matrix(kFactors);
  constexpr std::size_t kRows = 1'000'000;
  for (std::size_t i = 0; i < kRows; ++i) matrix.Put({i}, InitialFactor({i}));
  Random random(1);
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      matrix.Put({random.Below(kRows)}, InitialFactor({random.Next()}));
    }
    benchmark::DoNotOptimize(matrix.Share());
  }
}
BENCHMARK(BM_PutAndShare)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
