#pragma once

#include "freshet/model.h"

namespace freshet {

/// The cell with its three weights times `factor`.
inline RowCell Scaled(const RowCell& cell, float factor) {
  return {cell.item, cell.forward * factor, cell.backward * factor, cell.together * factor};
}

/// Adds the three weights of another cell; the item stays.
inline void AddWeights(RowCell& to, const RowCell& other) {
  to.forward += other.forward;
  to.backward += other.backward;
  to.together += other.together;
}

/// Order of cells by the item they are about.
struct CellByItem {
  bool operator()(const RowCell& a, const RowCell& b) const { return a.item < b.item; }
};

}  // namespace freshet
