#pragma once

#include <cstddef>

namespace freshet {

/// Elements of a left factor: (row, inner) stands at data[row * row_step + inner * inner_step].
struct LeftFactor {
  const float* data = nullptr;
  std::size_t row_step = 0;
  std::size_t inner_step = 0;
};

/// A matrix whose rows stand `step` apart.
struct Rows {
  float* data = nullptr;
  std::size_t step = 0;
};
struct ConstRows {
  const float* data = nullptr;
  std::size_t step = 0;
};

struct ProductShape {
  std::size_t rows = 0;
  std::size_t inner = 0;
  std::size_t columns = 0;  ///< a multiple of 8
};

/// to += left * right by fused products, each element summed in the order of the inner index: the same bits
/// however the loops are tiled.
void AddProduct(Rows to, LeftFactor left, ConstRows right, ProductShape shape);

}  // namespace freshet
