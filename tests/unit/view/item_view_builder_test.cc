#include "view/item_view_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/format.h"
#include "base/hash.h"

namespace freshet {
namespace {

ItemModel Model(const std::string& item_id, double popularity, std::uint64_t events) {
  ItemModel item;
  item.key = KeyOfItem(item_id);
  item.item_id = item_id;
  item.title = "Title of " + item_id;
  item.events = events;
  item.last_event = {static_cast<std::int64_t>(events)};
  for (DecayedSum& sum : item.popularity) sum.sum = popularity;
  item.row = {{KeyOfItem("other"), 1.5F, 0.25F, 0.5F, 2.0F}};
  item.row_mass = 1.5F;
  item.row_follow_mass = 1.25F;
  item.has_factor = true;
  item.factor.fill(0.125F);
  item.content.scale = 0.5F;
  item.content.codes[7] = -3;
  return item;
}

Record Published(std::int64_t offset, const std::string& key, std::optional<std::string> value) {
  Record record;
  record.offset = {offset};
  record.key = key;
  record.value = std::move(value);
  return record;
}

std::vector<std::uint64_t> Order(const ItemSnapshot& view, std::size_t half_life) {
  std::vector<std::uint64_t> order;
  for (const PopularItem& item : view.Popular(half_life)) order.push_back(item.item.value);
  return order;
}

std::vector<std::uint64_t> FullSort(const std::map<std::string, ItemModel>& items) {
  std::vector<const ItemModel*> sorted;
  for (const auto& [id, item] : items) {
    if (item.events > 0) sorted.push_back(&item);
  }
  std::sort(sorted.begin(), sorted.end(), [](const ItemModel* a, const ItemModel* b) {
    return a->popularity[0].sum != b->popularity[0].sum ? a->popularity[0].sum > b->popularity[0].sum
                                                        : a->key < b->key;
  });
  std::vector<std::uint64_t> order;
  for (std::size_t i = 0; i < std::min(ItemViewBuilder::kPopularMax, sorted.size()); ++i) {
    order.push_back(sorted[i]->key.value);
  }
  return order;
}

TEST(ItemViewBuilder, KeepsThePopularityOrderOfAFullSort) {
  std::mt19937_64 random(11);
  ItemViewBuilder builder({}, 1);
  std::map<std::string, ItemModel> items;
  for (std::int64_t step = 0; step < 6000; ++step) {
    const std::string id = fmt::format("item-{}", random() % 700);
    if (random() % 10 == 0) {
      items.erase(id);
      ASSERT_TRUE(builder.Apply({0}, Published(step, id, std::nullopt)).ok());
    } else {
      items[id] = Model(id, 1 + static_cast<double>(random() % 400), random() % 12);
      ASSERT_TRUE(builder.Apply({0}, Published(step, id, EncodeItemModel(items[id]))).ok());
    }
    if (step % 300 != 0 && step != 5999) continue;
    const auto view = builder.Publish();
    for (std::size_t h = 0; h < kHalfLives; ++h) ASSERT_EQ(Order(*view, h), FullSort(items)) << step;
    EXPECT_EQ(view->ItemCount(), items.size());
  }
}

TEST(ItemViewBuilder, PublishedVersionsDoNotChange) {
  ItemViewBuilder builder({}, 2);
  ASSERT_TRUE(builder.Apply({0}, Published(4, "a", EncodeItemModel(Model("a", 2, 1)))).ok());
  const auto first = builder.Publish();
  ASSERT_TRUE(builder.Apply({1}, Published(0, "b", EncodeItemModel(Model("b", 3, 1)))).ok());
  ASSERT_TRUE(builder.Apply({0}, Published(5, "a", std::nullopt)).ok());
  const auto second = builder.Publish();
  EXPECT_NE(first->Find(KeyOfItem("a")), nullptr);
  EXPECT_EQ(first->Find(KeyOfItem("b")), nullptr);
  EXPECT_EQ(first->Popular(0).size(), 1U);
  EXPECT_EQ(first->Version(), "5.0");
  EXPECT_EQ(second->Find(KeyOfItem("a")), nullptr);
  EXPECT_EQ(second->Folded(KeyOfItem("a")), nullptr);
  EXPECT_EQ(second->Find(KeyOfItem("b"))->title, "Title of b");
  EXPECT_EQ(second->Version(), "6.1");
}

TEST(ItemViewBuilder, TheVectorsFollowTheItems) {
  ItemViewBuilder builder({}, 1);
  ItemModel without = Model("without", 1, 1);
  without.has_factor = false;
  ASSERT_TRUE(builder.Apply({0}, Published(0, "a", EncodeItemModel(Model("a", 2, 1)))).ok());
  ASSERT_TRUE(builder.Apply({0}, Published(1, "b", EncodeItemModel(Model("b", 2, 1)))).ok());
  ASSERT_TRUE(builder.Apply({0}, Published(2, "without", EncodeItemModel(without))).ok());
  const auto first = builder.Publish();
  without.item_id = "b";
  ASSERT_TRUE(builder.Apply({0}, Published(3, "a", std::nullopt)).ok());
  ASSERT_TRUE(builder.Apply({0}, Published(4, "b", EncodeItemModel(without))).ok());
  EXPECT_EQ(first->Vectors(VectorSpace::kFactor)->size(), 2u);
  EXPECT_EQ(builder.Publish()->Vectors(VectorSpace::kFactor)->size(), 0u);
}

TEST(ItemViewBuilder, TakesTheMixFromItsOwnRecord) {
  ItemViewBuilder builder({}, 1);
  const MixModel mix{{0.5, -1, 2}, {1.5F}, 7};
  ASSERT_TRUE(builder.Apply({0}, Published(0, std::string(kMixModelKey), EncodeMixModel(mix))).ok());
  GlobalShare share;
  share.ratings = 4;
  share.rating_sum = 14;
  ASSERT_TRUE(builder.Apply({0}, Published(1, std::string(kGlobalShareKey), EncodeGlobalShare(share))).ok());
  EXPECT_EQ(builder.Publish()->Global().mix.weights, mix.weights) << "a share leaves the mix alone";
  EXPECT_EQ(builder.Publish()->Global().mix.user_gain, mix.user_gain);
  EXPECT_EQ(builder.Publish()->Global().mix.lessons, 7U);
  EXPECT_FALSE(builder.Apply({0}, Published(2, std::string(kMixModelKey), "x")).ok());
  EXPECT_EQ(builder.Publish()->Global().mix.weights, mix.weights);
  EXPECT_EQ(builder.Publish()->Global().ratings, 4U);
}

TEST(ItemViewBuilder, DoesNotDependOnHowPartitionsInterleave) {
  std::vector<std::vector<Record>> partitions(3);
  for (std::size_t p = 0; p < 3; ++p) {
    for (std::int64_t i = 0; i < 40; ++i) {
      const std::string id = fmt::format("{}-{}", p, i % 15);
      ItemModel item = Model(id, static_cast<double>(i + 1), static_cast<std::uint64_t>(i + 1));
      item.factor[p] = static_cast<float>(i);
      std::string value = EncodeItemModel(item);
      if (i % 10 == 9) {
        GlobalShare share;
        share.item_gramian.assign(kFactors * kFactors, 0.F);
        for (std::size_t f = 0; f < kFactors; ++f) share.item_gramian[f * (kFactors + 1)] = 1.F + p;
        share.ratings = static_cast<std::uint64_t>(i);
        share.rating_sum = 3.5 * static_cast<double>(i);
        partitions[p].push_back(Published(i, std::string(kGlobalShareKey), EncodeGlobalShare(share)));
      } else {
        partitions[p].push_back(Published(i, id, std::move(value)));
      }
    }
  }
  std::vector<std::shared_ptr<const ItemSnapshot>> views;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    std::mt19937_64 random(seed);
    ItemViewBuilder builder({}, 3);
    std::array<std::size_t, 3> next{};
    for (std::size_t left = 120; left > 0;) {
      const std::size_t p = random() % 3;
      if (next[p] == partitions[p].size()) continue;
      ASSERT_TRUE(builder.Apply({static_cast<std::int32_t>(p)}, partitions[p][next[p]++]).ok());
      --left;
    }
    views.push_back(builder.Publish());
  }
  for (const auto& view : views) {
    EXPECT_EQ(view->Version(), views[0]->Version());
    EXPECT_EQ(view->Global().item_gramian, views[0]->Global().item_gramian);
    EXPECT_EQ(view->Global().rating_mean, views[0]->Global().rating_mean);
    EXPECT_EQ(Order(*view, 1), Order(*views[0], 1));
    for (const std::uint64_t key : Order(*view, 1)) {
      ASSERT_NE(view->Folded({key}), nullptr);
      EXPECT_EQ(*view->Folded({key}), *views[0]->Folded({key}));
      EXPECT_EQ(EncodeItemModel(*view->Find({key})), EncodeItemModel(*views[0]->Find({key})));
    }
  }
}

TEST(ItemViewBuilder, PassesOverADamagedValueAndKeepsTheLastGoodOne) {
  ItemViewBuilder builder({}, 1);
  ASSERT_TRUE(builder.Apply({0}, Published(0, "a", EncodeItemModel(Model("a", 2, 1)))).ok());
  EXPECT_FALSE(builder.Apply({0}, Published(1, "a", "damaged")).ok());
  const auto view = builder.Publish();
  EXPECT_NE(view->Find(KeyOfItem("a")), nullptr);
  EXPECT_EQ(view->Next()[0].value, 2);
}

TEST(ItemModelCodec, ReadsBackWhatItWroteAndRefusesEveryShortening) {
  const std::string bytes = EncodeItemModel(Model("a", 2.5, 3));
  const auto read = DecodeItemModel(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeItemModel(*read), bytes);
  EXPECT_EQ(read->title, "Title of a");
  EXPECT_EQ(read->row.front().forward, 1.5F);
  EXPECT_EQ(read->row.front().near, 0.5F);
  EXPECT_EQ(read->row.front().together, 2.0F);
  EXPECT_EQ(read->row_follow_mass, 1.25F);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeItemModel(bytes.substr(0, length)).ok()) << length;
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    static_cast<void>(DecodeItemModel(damaged));  // any answer, no crash
  }
}

}  // namespace
}  // namespace freshet
