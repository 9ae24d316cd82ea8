#include "models/spd_solver.h"

#include <cstring>

#include "base/assert.h"

namespace freshet {
namespace {

using DoubleLanes = double __attribute__((vector_size(32)));
constexpr std::size_t kLanes = 4;

/// to[begin, end) -= factor * from[begin, end); both bounds are multiples of kLanes.
void SubtractScaled(double* to, double factor, const double* from, std::size_t begin, std::size_t end) {
  const DoubleLanes scale = {factor, factor, factor, factor};
  for (std::size_t i = begin; i < end; i += kLanes) {
    DoubleLanes left;
    DoubleLanes right;
    std::memcpy(&left, to + i, sizeof left);
    std::memcpy(&right, from + i, sizeof right);
    left -= scale * right;
    std::memcpy(to + i, &left, sizeof left);
  }
}

}  // namespace

void SpdSolver::Reset(std::size_t size) {
  size_ = size;
  stride_ = (size + kLanes - 1) / kLanes * kLanes;
  entries_.assign(size_ * stride_, 0.0);
}

bool SpdSolver::Factorise() {
  for (std::size_t k = 0; k < size_; ++k) {
    const double* pivot_row = &entries_[k * stride_];
    const double pivot = pivot_row[k];
    if (!(pivot > 1e-12)) return false;
    const double inverse = 1 / pivot;
    for (std::size_t i = k + 1; i < size_; ++i) {
      // Starting at a whole lane touches a few entries below the diagonal, which nothing reads.
      SubtractScaled(&entries_[i * stride_], pivot_row[i] * inverse, pivot_row, i / kLanes * kLanes, stride_);
    }
  }
  return true;
}

void SpdSolver::Solve(std::span<double> b) const {
  FRESHET_ASSERT(b.size() == size_);
  for (std::size_t k = 0; k < size_; ++k) {
    const double* row = &entries_[k * stride_];
    b[k] /= row[k];
    for (std::size_t i = k + 1; i < size_; ++i) b[i] -= row[i] * b[k];
  }
  for (std::size_t k = size_; k-- > 0;) {
    const double* row = &entries_[k * stride_];
    double sum = 0;
    for (std::size_t i = k + 1; i < size_; ++i) sum += row[i] * b[i];
    b[k] -= sum / row[k];
  }
}

}  // namespace freshet
