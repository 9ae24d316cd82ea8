#include "models/next_item_net.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/next_item_net_codec.h"

namespace freshet {
namespace {

NextItemNetOptions Small() {
  NextItemNetOptions options;
  options.events_max = kNetRecentEvents;
  return options;
}

ItemKey Key(std::uint64_t item) { return {MixBits(item + 1)}; }

/// Scores of all items after these, by the kernels that a ranker uses; the newest item last.
std::vector<double> Scores(const NextItemNet& net, const std::vector<std::uint64_t>& items) {
  const PlaceKernels kernels = KernelsOf(net.mixer());
  std::vector<double> scores(net.items());
  for (std::uint32_t j = 0; j < net.items(); ++j) {
    scores[j] = static_cast<double>(net.bias(j).value);
    for (std::size_t p = 0; p < items.size() && p < kNetPlaces; ++p) {
      const NetVector& q = net.vectors()[*net.Find(Key(items[items.size() - 1 - p]))];
      for (std::size_t i = 0; i < kNetWidth; ++i) {
        scores[j] += static_cast<double>(kernels[p][i] * q[i]) * static_cast<double>(net.vectors()[j][i]);
      }
    }
  }
  return scores;
}

void LearnRandomly(NextItemNet& net, Random& random, int events) {
  for (int i = 0; i < events; ++i) net.Learn(random.Below(40), Key(random.Below(200)));
}

using RowMap = std::map<std::string, std::string>;

RowMap RowsOf(const NextItemNet& net) {
  RowMap rows;
  for (std::uint32_t i = 0; i < net.items(); ++i) {
    rows["i" + std::to_string(net.key(i).value)] = NextItemNetCodec::EncodeItem(net, i);
  }
  for (const auto& [user, unused] : net.history().users()) {
    rows["u" + std::to_string(user)] = NextItemNetCodec::EncodeUser(net, user);
  }
  for (std::size_t row = 0; row * kNetRingRow < net.history().ring().size(); ++row) {
    rows["r" + std::to_string(row)] = NextItemNetCodec::EncodeRing(net, row);
  }
  rows["g"] = NextItemNetCodec::EncodeGlobal(net);
  return rows;
}

std::unique_ptr<NextItemNet> FromRows(const RowMap& rows) {
  NextItemNetCodec codec(Small());
  for (const auto& [name, bytes] : rows) {
    const std::uint64_t number = name == "g" ? 0 : std::stoull(name.substr(1));
    const bool good = name[0] == 'i'   ? codec.AddItem({number}, bytes)
                      : name[0] == 'u' ? codec.AddUser(number, bytes)
                      : name[0] == 'r' ? codec.AddRing(number, bytes)
                                       : codec.AddGlobal(bytes);
    if (!good) return nullptr;
  }
  return codec.Finish();
}

TEST(NextItemNet, LearnsWhatFollowsWhat) {
  NextItemNet net(Small());
  Random random(3);
  // Item 2k is followed by 2k + 1, whoever the user and whatever came before.
  for (std::uint64_t user = 0; user < 300; ++user) {
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t pair = random.Below(20);
      net.Learn(user, Key(2 * pair));
      net.Learn(user, Key(2 * pair + 1));
    }
  }
  int first = 0;
  for (std::uint64_t pair = 0; pair < 20; ++pair) {
    const std::vector<double> scores =
        Scores(net, {2 * ((pair + 7) % 20), 2 * ((pair + 7) % 20) + 1, 2 * pair});
    int better = 0;
    for (std::uint64_t other = 0; other < 40; ++other) {
      const bool seen = other == 2 * pair || other / 2 == (pair + 7) % 20;
      better += !seen && scores[*net.Find(Key(other))] > scores[*net.Find(Key(2 * pair + 1))];
    }
    first += better == 0;
  }
  EXPECT_GE(first, 18) << "of 20 pairs";
}

TEST(NextItemNet, IsAFunctionOfItsEvents) {
  NextItemNet one(Small());
  NextItemNet two(Small());
  Random events_of_one(5);
  Random events_of_two(5);
  LearnRandomly(one, events_of_one, 2000);
  LearnRandomly(two, events_of_two, 2000);
  EXPECT_EQ(RowsOf(one), RowsOf(two));
}

TEST(NextItemNet, GoesOnFromItsRowsToTheBit) {
  NextItemNet net(Small());
  Random random(6);
  LearnRandomly(net, random, 3000);
  const auto restored = FromRows(RowsOf(net));
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(RowsOf(net), RowsOf(*restored));
  Random same = random;
  LearnRandomly(net, random, 1000);
  LearnRandomly(*restored, same, 1000);
  EXPECT_EQ(RowsOf(net), RowsOf(*restored));
}

TEST(NextItemNet, RefusesRowsThatDoNotFitTogether) {
  NextItemNet net(Small());
  Random random(8);
  LearnRandomly(net, random, 500);
  const RowMap good = RowsOf(net);
  for (const auto& [name, bytes] : good) {
    RowMap missing = good;
    missing.erase(name);
    EXPECT_EQ(FromRows(missing), nullptr) << "without " << name;
    RowMap cut = good;
    cut[name].pop_back();
    EXPECT_EQ(FromRows(cut), nullptr) << "cut " << name;
  }
  RowMap not_a_number = good;
  std::string& item = not_a_number.begin()->second;
  ASSERT_EQ(not_a_number.begin()->first, "g");
  const float bad = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&item[item.size() - sizeof bad], &bad, sizeof bad);
  EXPECT_EQ(FromRows(not_a_number), nullptr);
}

TEST(NextItemNet, StaysFiniteWhateverComes) {
  NextItemNetOptions wild = Small();
  wild.rate = 5;
  wild.mixer_rate = 5;
  NextItemNet net(wild);
  Random random(9);
  for (int i = 0; i < 3000; ++i) {
    // One user without end, users of one event, two items only: each shape in its turn.
    const std::uint64_t user = i % 3 == 0 ? 1 : random.Below(i % 3 == 1 ? 1'000'000 : 4);
    net.Learn(user, Key(random.Below(i < 1000 ? 2 : 3000)));
    ASSERT_TRUE(std::isfinite(net.statistics().loss)) << i;
  }
  for (std::uint32_t i = 0; i < net.items(); ++i) {
    for (const float element : net.vectors()[i].value) ASSERT_LE(std::abs(element), LazyAdam::kValueMax);
    ASSERT_LE(std::abs(net.bias(i).value), LazyAdam::kValueMax);
  }
  for (const double score : Scores(net, {0, 1, 2, 3})) EXPECT_TRUE(std::isfinite(score));
}

TEST(NextItemNet, LeavesOutItemsBeyondItsBound) {
  NextItemNetOptions options = Small();
  options.items_max = 10;
  NextItemNet net(options);
  for (std::uint64_t i = 0; i < 30; ++i) net.Learn(1, Key(i));
  EXPECT_EQ(net.items(), 10u);
  EXPECT_EQ(net.statistics().refused_items, 20u);
}

TEST(NextItemNet, ARepeatedItemBecomesTheNewestAndIsNotLearned) {
  NextItemNet net(Small());
  for (const std::uint64_t item : {1, 2, 3, 1}) net.Learn(7, Key(item));
  EXPECT_EQ(net.statistics().steps, 2u);
  const auto items = net.history().Items(7);
  EXPECT_EQ(std::vector<std::uint32_t>(items.begin(), items.end()), (std::vector<std::uint32_t>{1, 2, 0}));
}

}  // namespace
}  // namespace freshet
