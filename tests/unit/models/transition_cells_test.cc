#include "models/transition_cells.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <vector>

namespace freshet {
namespace {

using Key = std::pair<std::uint64_t, std::uint64_t>;
struct Weights {
  double together = 0;
  double forward = 0;
  double backward = 0;
  double near = 0;
};
using Table = std::map<Key, Weights>;

HistoryEvent On(std::uint64_t item, float weight = 1, std::int64_t at = 0) {
  HistoryEvent event;
  event.item = {item};
  event.weight = weight;
  event.at = {at};
  return event;
}

void AddTo(Table& table, const std::vector<TouchedCell>& cells) {
  for (const TouchedCell& cell : cells) {
    Weights& weights = table[{cell.row.value, cell.other.value}];
    weights.forward += static_cast<double>(cell.forward);
    weights.backward += static_cast<double>(cell.backward);
    weights.near += static_cast<double>(cell.near);
    weights.together += static_cast<double>(cell.together);
  }
}

Table CountAll(const TransitionCounter& counter, const std::vector<HistoryEvent>& history) {
  std::vector<TouchedCell> cells;
  for (std::size_t i = 0; i < history.size(); ++i) {
    counter.Count(std::span(history).first(i), history[i], cells);
  }
  Table table;
  AddTo(table, cells);
  return table;
}

TEST(TransitionCounter, WeighsByLag) {
  const TransitionCounter counter({.window = 2, .tau = 3});
  const Table table = CountAll(counter, {On(1), On(2), On(3), On(4)});
  EXPECT_FLOAT_EQ(table.at({3, 4}).near, 1);
  EXPECT_FLOAT_EQ(table.at({4, 3}).near, 1) << "in both rows";
  EXPECT_FLOAT_EQ(table.at({2, 4}).near, std::exp(-1.0f / 3));
  EXPECT_FALSE(table.contains({1, 4})) << "beyond the window";
  EXPECT_EQ(table.at({2, 4}).together, 1) << "whatever the lag";
  EXPECT_EQ(table.at({4, 2}).together, 1) << "in both rows";
}

TEST(TransitionCounter, WhatFollowsWithinHoursCountsByPlaceAndGap) {
  constexpr std::int64_t kHalfADay = 12LL * 3600 * 1000;
  const TransitionCounter counter({.window = 3, .tau = 3});
  const Table table = CountAll(counter, {On(1), On(2), On(3, 1, kHalfADay)});
  EXPECT_FLOAT_EQ(table.at({1, 2}).forward, 1) << "at once";
  EXPECT_FLOAT_EQ(table.at({2, 1}).backward, 1);
  EXPECT_EQ(table.at({2, 1}).forward, 0);
  EXPECT_FLOAT_EQ(table.at({2, 3}).forward, std::exp(-1.0f)) << "half a day later";
  EXPECT_FLOAT_EQ(table.at({1, 3}).forward, std::exp(-1.0f) / 2) << "and two places back";
  EXPECT_FLOAT_EQ(table.at({1, 3}).near, std::exp(-1.0f / 3)) << "whenever";
  EXPECT_FLOAT_EQ(SoonWeight(0, -5), 1) << "an event that came late follows at once";
}

TEST(TransitionCounter, AStrongerEventOnTheSameItemAddsTheExcessOnly) {
  const TransitionCounter counter({.window = 3, .tau = 3});
  const Table table = CountAll(counter, {On(1), On(2, 1), On(2, 1), On(2, 7)});
  EXPECT_FLOAT_EQ(table.at({1, 2}).forward, 3);
  EXPECT_FALSE(table.contains({2, 2}));
}

TEST(TransitionCounter, DislikesCountNothing) {
  const TransitionCounter counter({.window = 3, .tau = 3});
  EXPECT_TRUE(CountAll(counter, {On(1), On(2, -6)}).empty());
  EXPECT_TRUE(CountAll(counter, {On(1, 1), On(1, -6), On(2)}).empty());
}

TEST(TransitionCounter, RetractionEqualsNeverHavingHappened) {
  EXPECT_TRUE(rc::check([] {
    const auto items = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 12)));
    const auto weights = *rc::gen::container<std::vector<float>>(
        items.size(), rc::gen::element(1.0f, 2.0f, 8.0f, -6.0f, 0.0f));
    std::vector<HistoryEvent> history;
    for (std::size_t i = 0; i < items.size(); ++i) {
      history.push_back(
          On(static_cast<std::uint64_t>(items[i]), weights[i], static_cast<std::int64_t>(i * i) * 1'000'000));
    }
    const std::size_t index = *rc::gen::inRange<std::size_t>(0, history.size());
    const TransitionCounter counter({.window = 3, .tau = 2});
    Table with = CountAll(counter, history);
    std::vector<TouchedCell> back;
    counter.Retract(history, index, back);
    AddTo(with, back);
    history.erase(history.begin() + static_cast<std::ptrdiff_t>(index));
    Table without = CountAll(counter, history);
    for (const auto& [key, value] : with) {
      const Weights expected = without.contains(key) ? without.at(key) : Weights{};
      RC_ASSERT(std::abs(value.forward - expected.forward) < 1e-5);
      RC_ASSERT(std::abs(value.together - expected.together) < 1e-5);
      RC_ASSERT(std::abs(value.near - expected.near) < 1e-5);
      RC_ASSERT(std::abs(value.backward - expected.backward) < 1e-5);
    }
    for (const auto& [key, value] : without) RC_ASSERT(with.contains(key));
  }));
}

TEST(TransitionCounter, RetractionsInAnyOrderEqualNeverHavingHappened) {
  EXPECT_TRUE(rc::check([] {
    const auto items = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 8)));
    const auto retracted =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, items.size()));
    std::vector<HistoryEvent> history;
    for (std::size_t i = 0; i < items.size(); ++i) {
      history.push_back(On(static_cast<std::uint64_t>(items[i]), i % 3 == 0 ? 8.0f : 1.0f,
                           static_cast<std::int64_t>(i * i) * 1'000'000));
    }
    const TransitionCounter counter({.window = 3, .tau = 2});
    Table with = CountAll(counter, history);
    for (const std::size_t index : retracted) {
      if (history[index].weight == 0) continue;
      std::vector<TouchedCell> back;
      counter.Retract(history, index, back);
      AddTo(with, back);
      history[index].weight = 0;
    }
    std::erase_if(history, [](const HistoryEvent& event) { return event.weight == 0; });
    const Table without = CountAll(counter, history);
    for (const auto& [key, value] : with) {
      const Weights expected = without.contains(key) ? without.at(key) : Weights{};
      RC_ASSERT(std::abs(value.forward - expected.forward) < 1e-4);
      RC_ASSERT(std::abs(value.together - expected.together) < 1e-4);
      RC_ASSERT(std::abs(value.near - expected.near) < 1e-4);
      RC_ASSERT(std::abs(value.backward - expected.backward) < 1e-4);
    }
  }));
}

TEST(TransitionCounter, MovingEventsIntoOneHistoryEqualsOneHistory) {
  EXPECT_TRUE(rc::check([] {
    const auto items = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 12)));
    const auto sides = *rc::gen::container<std::vector<int>>(items.size(), rc::gen::inRange(0, 2));
    const TransitionCounter counter({.window = 3, .tau = 2});
    std::vector<HistoryEvent> merged;
    std::vector<HistoryEvent> apart[2];
    std::vector<TouchedCell> cells;
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto& own = apart[sides[i]];
      own.push_back(
          On(static_cast<std::uint64_t>(items[i]), 1, static_cast<std::int64_t>(i * i) * 1'000'000));
      counter.Count(std::span(own).first(own.size() - 1), own.back(), cells);
      counter.Move(std::span(own).first(own.size() - 1), merged, own.back(), cells);
      merged.push_back(own.back());
    }
    Table moved;
    AddTo(moved, cells);
    const Table one = CountAll(counter, merged);
    for (const auto& [key, value] : moved) {
      const Weights expected = one.contains(key) ? one.at(key) : Weights{};
      RC_ASSERT(std::abs(value.forward - expected.forward) < 1e-4);
      RC_ASSERT(std::abs(value.together - expected.together) < 1e-4);
      RC_ASSERT(std::abs(value.near - expected.near) < 1e-4);
      RC_ASSERT(std::abs(value.backward - expected.backward) < 1e-4);
    }
    for (const auto& [key, value] : one) RC_ASSERT(moved.contains(key));
  }));
}

}  // namespace
}  // namespace freshet
