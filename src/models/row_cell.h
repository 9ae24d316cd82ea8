#pragma once

#include <cmath>

#include "freshet/model.h"

namespace freshet {

/// The cell with its weights times `factor`.
inline RowCell Scaled(const RowCell& cell, float factor) {
  return {cell.item, cell.forward * factor, cell.backward * factor, cell.near * factor,
          cell.together * factor};
}

/// Adds the weights of another cell; the item stays.
inline void AddWeights(RowCell& to, const RowCell& other) {
  to.forward += other.forward;
  to.backward += other.backward;
  to.together += other.together;
  to.near += other.near;
}

inline bool IsFinite(const RowCell& cell) {
  return std::isfinite(cell.forward) && std::isfinite(cell.backward) && std::isfinite(cell.together) &&
         std::isfinite(cell.near);
}

/// What the cells of a row add up to: what transitions are shares of.
struct RowMass {
  float forward = 0;
  float near = 0;
  bool none() const { return forward == 0 && near == 0; }
  RowMass& operator+=(const RowMass& other) {
    forward += other.forward;
    near += other.near;
    return *this;
  }
  RowMass& operator+=(const RowCell& cell) { return *this += RowMass{cell.forward, cell.near}; }
  RowMass operator*(float factor) const { return {forward * factor, near * factor}; }
};

/// Order of cells by the item they are about.
struct CellByItem {
  bool operator()(const RowCell& a, const RowCell& b) const { return a.item < b.item; }
};

}  // namespace freshet
