#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "freshet/model.h"

namespace freshet {

/// Entries of a packed upper triangle, row by row.
inline constexpr std::size_t kPackedFactors = kFactors * (kFactors + 1) / 2;

/// Sum of x x' over factors x, with the number of them. Additive: partitions' sums merge. A change of a
/// factor is one subtraction of the old and one addition of the new.
class Gramian final {
 public:
  Gramian() : entries_(kPackedFactors, 0.0) {}
  void Add(const Factor& x, double weight = 1) { AddOuter(x, weight); }
  void Subtract(const Factor& x) { AddOuter(x, -1); }
  void Merge(const Gramian& other);
  /// Number of factors in the sum.
  double count() const { return count_; }
  std::span<const double> packed() const { return entries_; }
  /// kFactors x kFactors, row-major: GlobalModel::item_gramian.
  std::vector<float> Full() const;
  static Gramian FromFull(std::span<const float> full);

  void Encode(ByteWriter& to) const;
  /// False when the bytes are not a Gramian; it is then all zero.
  bool Decode(ByteReader& from);

 private:
  void AddOuter(const Factor& x, double sign);

  double count_ = 0;
  std::vector<double> entries_;
};

struct FactorOptions {
  double alpha0 =
      0.1;  ///< weight of the unobserved pairs (iALS, Hu, Koren, Volinsky 2008; Rendle et al. 2021)
  double lambda = 1.0;  ///< ridge
};

/// B = (alpha0 G + lambda I)^-1, in floats: z = B q for the dual user factor.
class FoldIn final {
 public:
  FoldIn(const Gramian& items, const FactorOptions& options);
  Factor Fold(const Factor& q) const;

 private:
  std::vector<Factor> inverse_;
};

/// Where an item's factor starts before it has evidence: uniform in +-0.1 sqrt(3 / kFactors), from the key
/// alone.
Factor InitialFactor(ItemKey item);

}  // namespace freshet
