// Cost of one list and one lesson on a synthetic view; see docs/MEASURED.md for the conditions.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rank/explanation.h"
#include "rank/list_builder.h"
#include "tests/unit/rank/synthetic_view.h"

namespace freshet {
namespace {

struct Visitor {
  std::vector<HistoryEvent> history;
  ItemSet seen;
};

/// 512 users, so that rows and items come from the cache hierarchy as in a busy process.
struct Shop {
  explicit Shop(std::size_t items) : view(items, items > 100'000 ? 20 : 160, 1) {
    Random random(2);
    for (Visitor& visitor : visitors) {
      visitor.history = SyntheticHistory(items, 30, random);
      for (const HistoryEvent& event : visitor.history) visitor.seen.insert(event.item);
    }
  }
  UserSignals Signals(std::size_t i) const {
    const Visitor& visitor = visitors[i % visitors.size()];
    return {visitor.history, visitor.seen, dismissed, {SyntheticView::kNow}, 20, {}};
  }
  SyntheticView view;
  std::vector<Visitor> visitors{512};
  ItemSet dismissed;
};

const Shop& ShopOf(std::size_t items) {
  static std::map<std::size_t, std::unique_ptr<Shop>> shops;
  auto& shop = shops[items];
  if (shop == nullptr) shop = std::make_unique<Shop>(items);
  return *shop;
}

void BM_Build(benchmark::State& state) {
  const Shop& shop = ShopOf(static_cast<std::size_t>(state.range(0)));
  const ListBuilder builder{RankOptions{}};
  const MixWeights weights = builder.WeightsFrom(shop.view.Global());
  RankScratch scratch(builder.options());
  std::size_t i = 0;
  double pool = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(builder.Build(shop.Signals(i++), shop.view, weights, scratch));
    pool += static_cast<double>(scratch.pool.shortlist().size());
  }
  state.counters["pool"] = pool / static_cast<double>(i);
  state.counters["slots"] = static_cast<double>(scratch.pool.size());
}
BENCHMARK(BM_Build)->Arg(4'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

void BM_Learn(benchmark::State& state) {
  const Shop& shop = ShopOf(static_cast<std::size_t>(state.range(0)));
  const ListBuilder builder{RankOptions{}};
  const MixWeights weights = builder.WeightsFrom(shop.view.Global());
  RankScratch scratch(builder.options());
  MixDelta delta = builder.NewDelta();
  std::size_t i = 0;
  for (auto _ : state) {
    const UserSignals signals = shop.Signals(i++);
    const ItemKey taken = shop.view.Popular(1)[i % 40].item;
    benchmark::DoNotOptimize(builder.Learn(signals, {taken, delta}, shop.view, weights, scratch));
  }
  state.counters["learned"] = static_cast<double>(delta.events()) / static_cast<double>(i);
}
BENCHMARK(BM_Learn)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void BM_BuildAndExplain20(benchmark::State& state) {
  const Shop& shop = ShopOf(10'000);
  const ListBuilder builder{RankOptions{}};
  const Explainer explainer(builder);
  const MixWeights weights = builder.WeightsFrom(shop.view.Global());
  RankScratch scratch(builder.options());
  const std::vector<std::string> topics = {"interactions", "ratings"};
  std::size_t i = 0;
  for (auto _ : state) {
    const UserSignals signals = shop.Signals(i++);
    builder.Build(signals, shop.view, weights, scratch);
    for (std::size_t rank = 0; rank < scratch.list.items.size(); ++rank) {
      benchmark::DoNotOptimize(explainer.Explain(rank, signals, shop.view, {topics, {0}}, scratch));
    }
  }
}
BENCHMARK(BM_BuildAndExplain20)->Unit(benchmark::kMicrosecond);

void BM_UserFactor(benchmark::State& state) {
  const Shop& shop = ShopOf(10'000);
  UserFactor factor(static_cast<std::size_t>(state.range(0)));
  std::array<WindowItem, kFactorPlaces> places;
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t count = CollectWindow(shop.visitors[i++ % 512].history, places);
    benchmark::DoNotOptimize(factor.Compute(std::span(places).first(count), shop.view));
  }
}
BENCHMARK(BM_UserFactor)->Arg(16)->Arg(24)->Arg(32)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
