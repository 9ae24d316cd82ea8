#include "models/lane_product.h"

#include <algorithm>

#include "models/fused_lanes.h"

namespace freshet {
namespace {

/// Unrolling is asked for: sums that are indexed by a variable would live in memory.
/// One tile of kTileRows x (8 kVectors) whose sums stay in registers.
template <std::size_t kTileRows, std::size_t kVectors>
void AddTile(Rows to, LeftFactor left, ConstRows right, std::size_t inner) {
  FloatLanes sum[kTileRows][kVectors];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) sum[i][v] = LoadLanes(to.data + i * to.step + 8 * v);
  }
  const float* from = left.data;
  const float* row = right.data;
  for (std::size_t k = 0; k < inner; ++k, from += left.inner_step, row += right.step) {
    FloatLanes value[kVectors];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) value[v] = LoadLanes(row + 8 * v);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const FloatLanes scale = FillLanes(from[i * left.row_step]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kVectors; ++v) sum[i][v] = FusedMultiplyAdd(scale, value[v], sum[i][v]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kTileRows; ++i) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) StoreLanes(to.data + i * to.step + 8 * v, sum[i][v]);
  }
}

template <std::size_t kTileRows>
void AddRows(Rows to, LeftFactor left, ConstRows right, ProductShape shape) {
  std::size_t j = 0;
  for (; j + 16 <= shape.columns; j += 16) {
    AddTile<kTileRows, 2>({to.data + j, to.step}, left, {right.data + j, right.step}, shape.inner);
  }
  if (j < shape.columns) {
    AddTile<kTileRows, 1>({to.data + j, to.step}, left, {right.data + j, right.step}, shape.inner);
  }
}

/// Twelve sums fill the registers: six rows of two vectors; what is left is split evenly.
std::size_t TileRows(std::size_t left) {
  if (left >= 10 || left == 6) return 6;
  return std::min<std::size_t>(left, 4);
}

void AddSingleRow(Rows to, LeftFactor left, ConstRows right, ProductShape shape) {
  std::size_t j = 0;
  for (; j + 64 <= shape.columns; j += 64) {
    AddTile<1, 8>({to.data + j, to.step}, left, {right.data + j, right.step}, shape.inner);
  }
  if (j == shape.columns) return;
  shape.columns -= j;
  AddRows<1>({to.data + j, to.step}, left, {right.data + j, right.step}, shape);
}

}  // namespace

void AddProduct(Rows to, LeftFactor left, ConstRows right, ProductShape shape) {
  for (std::size_t i = 0; i < shape.rows;) {
    const std::size_t tile = TileRows(shape.rows - i);
    const Rows rows{to.data + i * to.step, to.step};
    const LeftFactor from{left.data + i * left.row_step, left.row_step, left.inner_step};
    switch (tile) {
      case 6:
        AddRows<6>(rows, from, right, shape);
        break;
      case 4:
        AddRows<4>(rows, from, right, shape);
        break;
      case 3:
        AddRows<3>(rows, from, right, shape);
        break;
      case 2:
        AddRows<2>(rows, from, right, shape);
        break;
      default:
        AddSingleRow(rows, from, right, shape);
        break;
    }
    i += tile;
  }
}

}  // namespace freshet
