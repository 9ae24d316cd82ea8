// Cost of one training step of the next-item network, with its replayed segment, and of scoring all items.
#include <benchmark/benchmark.h>

#include <vector>

#include "models/fused_lanes.h"
#include "models/next_item_net.h"

namespace freshet {
namespace {

ItemKey KeyAt(std::size_t item) { return {MixBits(item + 1)}; }

/// Popularity falls as in real streams: the square of a uniform number.
std::size_t DrawItem(std::size_t items, Random& random) {
  const double u = random.Uniform();
  return static_cast<std::size_t>(u * u * static_cast<double>(items));
}

/// 400 users whose histories exceed the places, so that each step is a full one.
struct Stream {
  explicit Stream(std::size_t items) : items_(items), net_(NextItemNetOptions{}), random_(1) {
    for (std::size_t i = 0; i < items; ++i) net_.Remember(i % 400, KeyAt(i));
    for (int i = 0; i < 40'000; ++i) net_.Remember(random_.Below(400), KeyAt(DrawItem(items, random_)));
  }
  std::size_t items_;
  NextItemNet net_;
  Random random_;
};

void BM_Step(benchmark::State& state) {
  Stream stream(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t before = stream.net_.statistics().steps;
  std::uint64_t events = 0;
  for (auto _ : state) {
    stream.net_.Learn(stream.random_.Below(400), KeyAt(DrawItem(stream.items_, stream.random_)));
    ++events;
  }
  state.counters["trained"] =
      static_cast<double>(stream.net_.statistics().steps - before) / static_cast<double>(events);
}
BENCHMARK(BM_Step)->Arg(4'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void BM_ScoreAll(benchmark::State& state) {
  const Stream stream(static_cast<std::size_t>(state.range(0)));
  const NextItemNet& net = stream.net_;
  std::vector<float> scores(net.items());
  std::uint64_t user = 0;
  for (auto _ : state) {
    const PlaceKernels kernels = KernelsOf(net.mixer());
    const auto items = net.history().Items(user++ % 400);
    NetVector output;
    for (std::size_t p = 0; p < kNetPlaces && p < items.size(); ++p) {
      const NetVector& q = net.vectors()[items[items.size() - 1 - p]];
      for (std::size_t i = 0; i < kNetWidth; ++i) output[i] += kernels[p][i] * q[i];
    }
    for (std::uint32_t j = 0; j < net.items(); ++j) {
      scores[j] = SumLanes(DotLanes(output.data(), net.vectors()[j].data(), kNetWidth)) + net.bias(j).value;
    }
    benchmark::DoNotOptimize(scores.data());
  }
}
BENCHMARK(BM_ScoreAll)->Arg(4'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
