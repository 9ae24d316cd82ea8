#include "models/gramian.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/random.h"
#include "models/float_lanes.h"
#include "models/spd_solver.h"

namespace freshet {

void Gramian::AddOuter(const Factor& x, double sign) {
  double* entry = entries_.data();
  for (std::size_t i = 0; i < kFactors; ++i) {
    const double scale = sign * static_cast<double>(x[i]);
    for (std::size_t j = i; j < kFactors; ++j) *entry++ += scale * static_cast<double>(x[j]);
  }
  count_ += sign;
}

void Gramian::Merge(const Gramian& other) {
  for (std::size_t i = 0; i < kPackedFactors; ++i) entries_[i] += other.entries_[i];
  count_ += other.count_;
}

std::vector<float> Gramian::Full() const {
  std::vector<float> full(kFactors * kFactors);
  const double* entry = entries_.data();
  for (std::size_t i = 0; i < kFactors; ++i) {
    for (std::size_t j = i; j < kFactors; ++j) {
      full[i * kFactors + j] = full[j * kFactors + i] = static_cast<float>(*entry++);
    }
  }
  return full;
}

Gramian Gramian::FromFull(std::span<const float> full) {
  FRESHET_ASSERT(full.size() == kFactors * kFactors);
  Gramian gramian;
  double* entry = gramian.entries_.data();
  for (std::size_t i = 0; i < kFactors; ++i) {
    for (std::size_t j = i; j < kFactors; ++j) *entry++ = static_cast<double>(full[i * kFactors + j]);
  }
  return gramian;
}

void Gramian::Encode(ByteWriter& to) const {
  to.Fixed(count_);
  for (const double entry : entries_) to.Fixed(entry);
}

bool Gramian::Decode(ByteReader& from) {
  count_ = from.Fixed<double>();
  bool good = std::isfinite(count_);
  for (double& entry : entries_) {
    entry = from.Fixed<double>();
    good = good && std::isfinite(entry);
  }
  good = good && from.ok();
  if (!good) *this = Gramian();
  return good;
}

FoldIn::FoldIn(const Gramian& items, const FactorOptions& options) : inverse_(kFactors) {
  SpdSolver solver;
  solver.Reset(kFactors);
  const double* entry = items.packed().data();
  for (std::size_t i = 0; i < kFactors; ++i) {
    for (std::size_t j = i; j < kFactors; ++j) solver.At(i, j) = options.alpha0 * *entry++;
    solver.At(i, i) += options.lambda;
  }
  FRESHET_ASSERT(solver.Factorise());
  std::array<double, kFactors> column;
  for (std::size_t i = 0; i < kFactors; ++i) {
    column.fill(0);
    column[i] = 1;
    solver.Solve(column);
    for (std::size_t j = 0; j < kFactors; ++j) inverse_[i][j] = static_cast<float>(column[j]);
  }
}

Factor FoldIn::Fold(const Factor& q) const {
  Factor z{};
  for (std::size_t i = 0; i < kFactors; ++i) AddScaled(z, q[i], inverse_[i]);
  return z;
}

Factor InitialFactor(ItemKey item) {
  Random random(item.value);
  const double range = 0.1 * std::sqrt(3.0 / static_cast<double>(kFactors));
  Factor factor;
  for (float& entry : factor) entry = static_cast<float>((2 * random.Uniform() - 1) * range);
  return factor;
}

}  // namespace freshet
