#include "models/item_delta.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <string>

#include "base/random.h"

namespace freshet {
namespace {

constexpr HalfLives kHalfLives3 = {HalfLife{100}, HalfLife{1000}, HalfLife{10000}};
constexpr HalfLife kRows{500};
constexpr ItemKey kItem{7};

void AddCell(ItemDelta& delta, const TouchedCell& cell) {
  LandmarkWeight weight(kRows);
  delta.AddCell(cell, weight);
}

ItemDelta Sample(int cells, int users) {
  ItemDelta delta(kItem);
  delta.item_id = "item-7";
  delta.AddEvent(1, 1, {1234}, kHalfLives3);
  for (int i = 0; i < cells; ++i) {
    AddCell(delta,
            {kItem, {static_cast<std::uint64_t>(i)}, 1.0f + static_cast<float>(i), 0, 0, 0, {1200 + i}});
  }
  Factor user{};
  for (int i = 0; i < users; ++i) {
    user[static_cast<std::size_t>(i) % kFactors] = 0.5f;
    delta.factors.Add(1, user);
  }
  delta.ratings = {1.1, 0.4, 4, 1, {1234}};
  return delta;
}

std::string Bytes(ItemDelta delta) {
  std::string bytes;
  delta.Encode(bytes);
  return bytes;
}

TEST(ItemDelta, SurvivesEncoding) {
  for (const int cells : {0, 1, 30, 700}) {
    for (const int users : {0, 1, 40}) {
      const std::string bytes = Bytes(Sample(cells, users));
      auto decoded = ItemDelta::Decode(bytes);
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(decoded->item, kItem);
      EXPECT_EQ(decoded->item_id, "item-7");
      EXPECT_EQ(decoded->events, 1);
      EXPECT_EQ(decoded->last_event.ms, 1234);
      EXPECT_EQ(Bytes(*decoded), bytes);
      EXPECT_LT(bytes.size(), 20u * 1024);
    }
  }
}

TEST(ItemDelta, ACellsOnlyDeltaIsSmall) {
  ItemDelta delta(kItem);
  AddCell(delta, {kItem, {9}, 1, 0, 0, 0, {1200}});
  EXPECT_LE(Bytes(delta).size(), 35u);
}

TEST(ItemDelta, RefusesDamagedBytes) {
  const std::string bytes = Bytes(Sample(20, 3));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ItemDelta::Decode(std::string_view(bytes).substr(0, size)).has_value());
  }
  EXPECT_FALSE(ItemDelta::Decode(bytes + "x").has_value());
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {  // must not crash; a flipped number may decode
    std::string damaged = bytes;
    damaged[random.Below(damaged.size())] ^= static_cast<char>(1 + random.Below(255));
    (void)ItemDelta::Decode(damaged);
  }
}

TEST(ItemDelta, SumsTheCellsOfOneItem) {
  ItemDelta delta(kItem);
  AddCell(delta, {kItem, {2}, 1, 0, 0, 0, {500}});
  AddCell(delta, {kItem, {1}, 0, 2, 0, 0, {500}});
  AddCell(delta, {kItem, {2}, 3, 1, 0, 0, {1000}});
  const auto cells = delta.Cells();
  EXPECT_EQ(delta.row_landmark().ms, 1000);
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_FLOAT_EQ(cells[0].backward, 1) << "one half-life old";
  EXPECT_FLOAT_EQ(cells[1].forward, 3.5f);
  EXPECT_FLOAT_EQ(cells[1].backward, 1);
}

TEST(ItemDelta, BoundsItsCellsAndRemembersWhatItCut) {
  ItemDelta delta(kItem);
  double total = 0;
  for (int i = 0; i < 5000; ++i) {
    const float value = 1.0f + static_cast<float>(i % 97);
    total += static_cast<double>(value);
    AddCell(delta, {kItem, {static_cast<std::uint64_t>(i)}, value, 0, 0, 0, {0}});
  }
  double kept = static_cast<double>(0.0f);
  for (const RowCell& cell : delta.Cells()) kept += static_cast<double>(cell.forward);
  EXPECT_EQ(delta.Cells().size(), ItemDelta::kDeltaCells);
  EXPECT_NEAR(kept + static_cast<double>(delta.cut().forward), total, total * 1e-6);
}

TEST(ItemDelta, ARetractionUndoesItsEvent) {
  ItemDelta delta(kItem);
  delta.AddEvent(1, 1, {100}, kHalfLives3);
  delta.AddEvent(1, 1, {900}, kHalfLives3);
  delta.AddEvent(-1, 1, {900}, kHalfLives3);
  EXPECT_EQ(delta.events, 1);
  for (std::size_t i = 0; i < kHalfLives; ++i) {
    EXPECT_NEAR(ValueAt(delta.popularity[i], {100}, kHalfLives3[i]), 1, 1e-12);
  }
}

TEST(ItemDelta, MergingEqualsOneDeltaOfAllEvents) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    ItemDelta all(kItem);
    ItemDelta left(kItem);
    ItemDelta right(kItem);
    for (int i = 0; i < 60; ++i) {
      ItemDelta& part = random.Chance(0.5) ? left : right;
      const Timestamp at{1 + static_cast<std::int64_t>(random.Below(5000))};
      const TouchedCell cell{kItem, {random.Below(10)}, static_cast<float>(random.Uniform()), 0, 0, 0, at};
      for (ItemDelta* delta : {&all, &part}) {
        delta->AddEvent(1, 1, at, kHalfLives3);
        AddCell(*delta, cell);
      }
    }
    left.Merge(right, kHalfLives3, kRows);
    RC_ASSERT(left.events == all.events);
    RC_ASSERT(left.first_event == all.first_event);
    RC_ASSERT(left.last_event == all.last_event);
    const Timestamp now{5000};
    for (std::size_t i = 0; i < kHalfLives; ++i) {
      const double expected = ValueAt(all.popularity[i], now, kHalfLives3[i]);
      RC_ASSERT(std::abs(ValueAt(left.popularity[i], now, kHalfLives3[i]) - expected) <
                1e-9 * (1 + expected));
    }
    RC_ASSERT(left.row_landmark() == all.row_landmark());
    const auto merged = left.Cells();
    const auto expected = all.Cells();
    RC_ASSERT(merged.size() == expected.size());
    for (std::size_t i = 0; i < merged.size(); ++i) {
      RC_ASSERT(merged[i].item == expected[i].item);
      RC_ASSERT(std::abs(merged[i].forward - expected[i].forward) < 1e-5f * (1 + expected[i].forward));
    }
  }));
}

}  // namespace
}  // namespace freshet
