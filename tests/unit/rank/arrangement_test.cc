#include "rank/arrangement.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "rank/item_similarity.h"
#include "unit/rank/policy_fixture.h"

namespace freshet {
namespace {

float Alike(const ItemModel& a, const ItemModel& b) {
  return SimilarityOf(a, InverseLength(a), b, InverseLength(b));
}

/// The textbook's form: all candidates compared with all that were chosen, again and again.
std::vector<ItemKey> Reference(const RankedList& all, double weight, std::size_t k) {
  std::vector<const RankedItem*> chosen;
  while (chosen.size() < k) {
    const RankedItem* best = nullptr;
    double best_score = 0;
    for (const RankedItem& entry : all.items) {
      if (std::find(chosen.begin(), chosen.end(), &entry) != chosen.end()) continue;
      float likeness = 0;
      for (const RankedItem* other : chosen) likeness = std::max(likeness, Alike(*entry.item, *other->item));
      const double score = entry.score - weight * static_cast<double>(likeness);
      if (best == nullptr || score > best_score) {
        best = &entry;
        best_score = score;
      }
    }
    chosen.push_back(best);
  }
  std::vector<ItemKey> keys;
  for (const RankedItem* entry : chosen) keys.push_back(entry->item->key);
  return keys;
}

float MeanLikeness(const RankedList& list) {
  float sum = 0;
  int pairs = 0;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j, ++pairs) sum += Alike(*list.items[i].item, *list.items[j].item);
  }
  return sum / static_cast<float>(pairs);
}

TEST(Diversity, IsGreedyMarginalRelevance) {
  PolicyShop shop;
  const RankedList all = shop.Plain(PolicyShop::kItems);
  for (const double weight : {0.5, 3.0, 10.0, 100.0}) {
    PolicyOptions options;
    options.diversity = weight;
    EXPECT_EQ(KeysOf(shop.ListOf(options)), Reference(all, weight, 20)) << weight;
  }
}

TEST(Diversity, IsAPartOfScoresThatFallFromPlaceToPlace) {
  PolicyShop shop;
  std::map<std::uint64_t, double> plain;
  for (const RankedItem& entry : shop.Plain(PolicyShop::kItems).items)
    plain[entry.item->key.value] = entry.score;
  PolicyOptions options;
  options.diversity = 20;
  const RankedList& list = shop.ListOf(options);
  EXPECT_EQ(list.items[0].policy_parts[kDiversityPart], 0) << "nothing stands before it";
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const RankedItem& entry = list.items[i];
    EXPECT_LE(entry.policy_parts[kDiversityPart], 0);
    EXPECT_GE(entry.policy_parts[kDiversityPart], -20);
    EXPECT_EQ(entry.score, plain.at(entry.item->key.value) + entry.policy_parts[kDiversityPart]);
    if (i > 0) {
      EXPECT_LE(entry.score, list.items[i - 1].score);
    }
  }
}

TEST(Diversity, MakesItemsOfAListLessAlike) {
  PolicyShop shop;
  PolicyOptions options;
  options.diversity = 5;
  EXPECT_LT(MeanLikeness(shop.ListOf(options)), MeanLikeness(shop.Plain()));
}

TEST(Diversity, GoesByCategoryWhereThereIsNoFactor) {
  PolicyShop shop;
  for (std::size_t i = 0; i < PolicyShop::kItems; ++i) shop.view.At(i).has_factor = false;
  PolicyOptions options;
  options.diversity = 100;
  const RankedList list = shop.ListOf(options);
  std::map<std::string, int> categories;
  for (std::size_t i = 0; i < 6; ++i) ++categories[list.items[i].item->category];
  EXPECT_EQ(categories.size(), 6u) << "one of each comes before a second of any";
}

TEST(Arrangements, KeepWithinCapsWhileTheyGoByLikenessAndRules) {
  rc::check([] {
    static PolicyShop shop;
    PolicyOptions options;
    options.caps = {*rc::gen::inRange<std::size_t>(0, 5), *rc::gen::inRange<std::size_t>(0, 3),
                    *rc::gen::inRange<std::size_t>(0, 8)};
    options.diversity = *rc::gen::element(0.0, 3.0, 30.0);
    options.rules = {RuleThat(Rule::Action::kBoost, ItemsOfType("odd"), *rc::gen::element(0.0, 1.5))};
    const RankedList& list = shop.ListOf(options);
    ListCaps caps(options.caps);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      RC_ASSERT(caps.Allow(*list.items[i].item));
      caps.Count(*list.items[i].item);
      const bool falls = i == 0 || list.items[i].score <= list.items[i - 1].score;
      RC_ASSERT(falls);
    }
    const bool full = list.items.size() == 20 || options.caps.any();
    RC_ASSERT(full);
  });
}

}  // namespace
}  // namespace freshet
