#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/net_table.h"
#include "rank/explanation.h"
#include "rank/list_builder.h"
#include "synthetic_view.h"

namespace freshet {
namespace {

constexpr std::size_t kItems = 300;

/// A synthetic view with a network of random vectors over its items.
class NetView final : public ItemView {
 public:
  NetView() : view_(kItems, 40, 1) {
    NetTableBuilder builder;
    builder.SetMixer(InitialMixerWeights());
    Random random(7);
    for (std::size_t c = 0; c * kNetChunkItems < kItems; ++c) {
      auto chunk = std::make_shared<NetChunk>();
      chunk->count = std::min(kNetChunkItems, kItems - c * kNetChunkItems);
      for (std::size_t i = 0; i < chunk->count; ++i) {
        chunk->keys[i] = view_.KeyAt(c * kNetChunkItems + i);
        chunk->biases[i] = static_cast<float>(random.Uniform());
        for (float& element : chunk->vectors[i].value) element = static_cast<float>(random.Uniform() - 0.5);
      }
      builder.SetChunk(c, std::move(chunk));
    }
    net_ = builder.Share();
  }
  const ItemModel* Find(ItemKey item) const override { return view_.Find(item); }
  std::span<const PopularItem> Popular(std::size_t half_life) const override {
    return view_.Popular(half_life);
  }
  const GlobalModel& Global() const override { return view_.Global(); }
  const Factor* Folded(ItemKey item) const override { return view_.Folded(item); }
  const Int8Matrix* Vectors(VectorSpace space) const override { return view_.Vectors(space); }
  const NetTable* Net() const override { return net_.get(); }
  std::size_t ItemCount() const override { return view_.ItemCount(); }
  const std::string& Version() const override { return view_.Version(); }

 private:
  SyntheticView view_;
  std::shared_ptr<const NetTable> net_;
};

struct Visitor {
  explicit Visitor(std::size_t events) {
    Random random(3);
    history = SyntheticHistory(kItems, events, random);
    for (const HistoryEvent& event : history) seen.insert(event.item);
  }
  UserSignals Signals() const { return {history, seen, dismissed, {SyntheticView::kNow}, 20, {}}; }
  std::vector<HistoryEvent> history;
  ItemSet seen;
  ItemSet dismissed;
};

RankOptions WithNet() {
  RankOptions options;
  options.next_item_net = true;
  return options;
}

std::size_t NetGenerator(const ListBuilder& builder) { return builder.PartNamed("next_item_net").value(); }

/// z of an item by the definition, in double.
double ScoreOf(const NetTable& net, std::span<const WindowItem> places, ItemKey item) {
  const NetVector& q = net.vector(*net.Find(item));
  double score = static_cast<double>(net.bias(*net.Find(item)));
  std::size_t used = 0;
  for (const WindowItem& place : places) {
    if (place.strength <= 0) continue;
    const NetVector& past = net.vector(*net.Find(place.item));
    for (std::size_t i = 0; i < kNetWidth; ++i) {
      score += static_cast<double>(net.kernels()[used][i]) * static_cast<double>(past[i]) *
               static_cast<double>(q[i]);
    }
    ++used;
  }
  return score;
}

TEST(NetSource, OrdersByTheProbabilityAmongItemsNotSeen) {
  const NetView view;
  RankOptions options = WithNet();
  const ListBuilder mix(options);
  options.only_generator = mix.PartNames()[NetGenerator(mix)];
  const ListBuilder builder(options);
  RankScratch scratch(options);
  const Visitor visitor(25);
  const MixWeights weights = builder.WeightsFrom(view.Global());
  const RankedList& list = builder.Build(visitor.Signals(), view, weights, scratch);
  ASSERT_EQ(list.items.size(), 20u);
  const auto places = std::span(scratch.places).first(scratch.place_count);
  std::vector<std::pair<double, ItemKey>> expected;
  double mass = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    const ItemKey key = SyntheticView::KeyAt(i);
    if (visitor.seen.contains(key)) continue;
    expected.emplace_back(ScoreOf(*view.Net(), places, key), key);
    mass += std::exp(expected.back().first);
  }
  std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(list.items[i].item->key, expected[i].second) << i;
  const auto& total = scratch.pool.mass(NetGenerator(mix));
  const double share =
      static_cast<double>(scratch.pool.scores(NetGenerator(mix))[list.items[0].row]) / total.sum;
  EXPECT_NEAR(share, std::exp(expected[0].first) / mass, 1e-4 * share);
}

TEST(NetSource, PlacesShareTheScoreExactly) {
  const NetView view;
  const ListBuilder builder(WithNet());
  RankScratch scratch(builder.options());
  const Visitor visitor(25);
  const MixWeights weights = builder.WeightsFrom(view.Global());
  const RankedList list = builder.Build(visitor.Signals(), view, weights, scratch);
  const auto places = std::span(scratch.places).first(scratch.place_count);
  std::vector<float> by_place(places.size());
  for (const RankedItem& entry : list.items) {
    builder.Attribute(visitor.Signals(), entry, NetGenerator(builder), scratch, by_place);
    double sum = static_cast<double>(view.Net()->bias(*view.Net()->Find(entry.item->key)));
    for (const float share : by_place) sum += static_cast<double>(share);
    EXPECT_NEAR(sum, ScoreOf(*view.Net(), places, entry.item->key), 1e-4);
  }
}

TEST(NetSource, IsDarkWithoutAPastOrWithoutANetwork) {
  const ListBuilder builder(WithNet());
  RankScratch scratch(builder.options());
  const NetView with;
  const SyntheticView without(kItems, 40, 1);
  const MixWeights weights = builder.WeightsFrom(with.Global());
  const Visitor stranger(0);
  builder.Build(stranger.Signals(), with, weights, scratch);
  EXPECT_EQ(scratch.pool.mass(NetGenerator(builder)).sum, 0);
  const Visitor visitor(25);
  EXPECT_EQ(builder.Build(visitor.Signals(), without, weights, scratch).items.size(), 20u);
  EXPECT_EQ(scratch.pool.mass(NetGenerator(builder)).sum, 0);
}

}  // namespace
}  // namespace freshet
