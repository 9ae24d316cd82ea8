#include "models/transition_row.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace freshet {
namespace {

constexpr HalfLife kHalfLife{1000};

TEST(TransitionRow, KeepsTheStrongestFirst) {
  TransitionRow row;
  row.Apply(std::vector<RowCell>{{{1}, 1, 0}, {{2}, 3, 0}, {{3}, 1, 1}}, {0}, {}, kHalfLife);
  ASSERT_EQ(row.cells().size(), 3u);
  EXPECT_EQ(row.cells()[0].item.value, 2u);
  EXPECT_EQ(row.cells()[1].item.value, 3u);
  EXPECT_FLOAT_EQ(row.mass().forward, 5);
}

TEST(TransitionRow, ForgetsByHalfLives) {
  TransitionRow row;
  row.Apply(std::vector<RowCell>{{{1}, 8, 4, 16}}, {0}, {}, kHalfLife);
  row.Apply(std::vector<RowCell>{{{2}, 1, 0}}, {3000}, {2, 0.5F}, kHalfLife);
  EXPECT_EQ(row.landmark().ms, 3000);
  EXPECT_FLOAT_EQ(row.cells()[0].forward, 1);
  EXPECT_FLOAT_EQ(row.cells()[0].backward, 0.5);
  EXPECT_FLOAT_EQ(row.cells()[0].near, 2);
  EXPECT_FLOAT_EQ(row.mass().near, 2.5F) << "16 / 8 and half without a cell";
  EXPECT_FLOAT_EQ(row.mass().forward, 4) << "8 / 8 + 1 + 2 that had no cell";
  row.Apply(std::vector<RowCell>{{{3}, 8, 0}}, {2000}, {}, kHalfLife);
  EXPECT_FLOAT_EQ(row.cells()[0].forward, 4) << "late deltas are worth less";
}

TEST(TransitionRow, ARetractedCellLeaves) {
  TransitionRow row;
  row.Apply(std::vector<RowCell>{{{1}, 0.7f, 0}, {{2}, 0.3f, 0}}, {0}, {}, kHalfLife);
  row.Apply(std::vector<RowCell>{{{1}, -0.7f, 0}}, {0}, {}, kHalfLife);
  ASSERT_EQ(row.cells().size(), 1u);
  EXPECT_EQ(row.cells()[0].item.value, 2u);
}

TEST(TransitionRow, CutsTheWeakestAndKeepsTheirMass) {
  TransitionRow row;
  std::vector<RowCell> cells;
  for (std::uint64_t i = 0; i < 400; ++i) cells.push_back({{i}, static_cast<float>(i + 1), 0});
  row.Apply(cells, {0}, {}, kHalfLife);
  ASSERT_EQ(row.cells().size(), kRowCells);
  EXPECT_EQ(row.cells().front().item.value, 399u);
  EXPECT_EQ(row.cells().back().item.value, 144u);
  EXPECT_FLOAT_EQ(row.mass().forward, 400 * 401 / 2);
}

TEST(TransitionRow, AgreesWithAMapUnderRandomDeltas) {
  EXPECT_TRUE(rc::check([] {
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    TransitionRow row;
    std::map<std::uint64_t, double> reference;  // forward + backward at time 0
    double mass = 0;
    std::int64_t now = 0;
    for (int batch = 0; batch < 30; ++batch) {
      now += static_cast<std::int64_t>(random.Below(3)) * kHalfLife.ms;
      const std::int64_t landmark =
          std::max<std::int64_t>(0, now - static_cast<std::int64_t>(random.Below(2)) * 1000);
      std::map<std::uint64_t, RowCell> cells;
      for (std::uint64_t i = random.Below(20); i > 0; --i) {
        const std::uint64_t item = random.Below(100);
        cells[item] = {{item}, static_cast<float>(random.Uniform()), static_cast<float>(random.Uniform())};
      }
      std::vector<RowCell> sorted;
      for (const auto& [item, cell] : cells) {
        sorted.push_back(cell);
        const double power = std::exp2(static_cast<double>(landmark) / 1000.0);
        reference[item] += static_cast<double>(cell.forward + cell.backward) * power;
        mass += static_cast<double>(cell.forward) * power;
      }
      if (sorted.empty()) continue;
      row.Apply(sorted, {landmark}, {}, kHalfLife);
    }
    const double scale = std::exp2(-static_cast<double>(row.landmark().ms) / 1000.0);
    RC_ASSERT(std::is_sorted(row.cells().begin(), row.cells().end(), StrongerCell()));
    RC_ASSERT(std::abs(static_cast<double>(row.mass().forward) - mass * scale) < 1e-4 * (1 + mass * scale));
    std::size_t alive = 0;
    for (const auto& [item, value] : reference) alive += value * scale > 1.5e-6 ? 1 : 0;
    RC_ASSERT(row.cells().size() >= alive);
    for (const RowCell& cell : row.cells()) {
      const double expected = reference.at(cell.item.value) * scale;
      RC_ASSERT(std::abs(static_cast<double>(cell.forward + cell.backward) - expected) <
                1e-4 * (1 + expected));
    }
  }));
}

TEST(TransitionRow, SurvivesEncodingAndRefusesDamage) {
  TransitionRow row;
  row.Apply(std::vector<RowCell>{{{1}, 1, 0}, {{2}, 3, 0}, {{3}, 1, 1}}, {5000}, {0.5F, 0.25F}, kHalfLife);
  std::string bytes;
  ByteWriter writer(bytes);
  row.Encode(writer);
  TransitionRow decoded;
  ByteReader reader(bytes);
  ASSERT_TRUE(decoded.Decode(reader));
  std::string again;
  ByteWriter again_writer(again);
  decoded.Encode(again_writer);
  EXPECT_EQ(bytes, again);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader cut(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(decoded.Decode(cut));
    EXPECT_TRUE(decoded.cells().empty());
  }
}

}  // namespace
}  // namespace freshet
