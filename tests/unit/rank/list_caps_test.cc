#include "rank/list_caps.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/rank/policy_fixture.h"

namespace freshet {
namespace {

std::map<std::string, int> Counted(const RankedList& list, std::size_t length) {
  std::map<std::string, int> counts;
  for (const RankedItem& entry : list.items) ++counts[entry.item->category.substr(0, length)];
  return counts;
}

TEST(ListCaps, LetThroughWhatScoresBestOfEachCategory) {
  PolicyShop shop;
  const RankedList everything = shop.Plain(PolicyShop::kItems);
  const PolicyOptions options{{}, {.category_items = 2, .category_levels = 0, .provider_items = 0}};
  const RankedList list = shop.ListOf(options);
  ASSERT_EQ(list.items.size(), 12u) << "six categories with two each";
  std::map<std::string, int> taken;
  std::vector<ItemKey> wanted;
  for (const RankedItem& entry : everything.items) {
    if (++taken[entry.item->category] <= 2) wanted.push_back(entry.item->key);
  }
  EXPECT_EQ(KeysOf(list), wanted);
}

TEST(ListCaps, CountCategoriesByTheLevelsOfTheirPath) {
  PolicyShop shop;
  const PolicyOptions options{{}, {.category_items = 4, .category_levels = 1, .provider_items = 0}};
  const RankedList list = shop.ListOf(options);
  ASSERT_EQ(list.items.size(), 12u);
  for (const auto& [category, items] : Counted(list, 2)) EXPECT_EQ(items, 4) << category;
  const PolicyOptions deeper{{}, {.category_items = 4, .category_levels = 9, .provider_items = 0}};
  for (const auto& [category, items] : Counted(shop.ListOf(deeper), 99)) EXPECT_LE(items, 4) << category;
}

TEST(ListCaps, CountProvidersAndLeaveItemsWithoutAnythingAlone) {
  PolicyShop shop;
  const PolicyOptions options{{}, {.category_items = 1, .category_levels = 0, .provider_items = 3}};
  EXPECT_EQ(shop.ListOf(options).items.size(), 6u);
  for (std::size_t i = 0; i < PolicyShop::kItems; ++i) shop.view.At(i).category.clear();
  EXPECT_EQ(shop.ListOf(options).items.size(), 15u) << "five providers with three each";
  for (std::size_t i = 0; i < PolicyShop::kItems; ++i) shop.view.At(i).facets.clear();
  EXPECT_EQ(KeysOf(shop.ListOf(options)), KeysOf(shop.Plain()));
}

TEST(ListCaps, CountPinnedItemsAndKeepThem) {
  PolicyShop shop;
  PolicyOptions options{{RuleThat(Rule::Action::kPin, ItemsOfType("odd"))},
                        {.category_items = 1, .category_levels = 1, .provider_items = 0}};
  options.rules[0].count = 5;
  const RankedList list = shop.ListOf(options);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(list.items[i].pinned);
  std::map<std::string, int> pinned;
  for (std::size_t i = 0; i < 5; ++i) ++pinned[list.items[i].item->category.substr(0, 2)];
  EXPECT_EQ(list.items.size(), 5 + 3 - pinned.size());
}

}  // namespace
}  // namespace freshet
