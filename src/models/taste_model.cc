#include "models/taste_model.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "models/exact_math.h"
#include "models/float_lanes.h"

namespace freshet {
namespace {

constexpr std::size_t kSums = kTasteSquares + kTaste;
constexpr std::size_t kLanes = 8;
static_assert(kTaste == 2 * kLanes);
static_assert(kSums % kLanes == 0 && kTasteSquares % kLanes == 0);

// A user's numbers of taste have variance 1: only the product of both sides' variances has a meaning.
constexpr double kUserTasteVariance = 1;

/// [1, q] of an item.
Taste WithOne(const Taste& taste) {
  Taste row = taste;
  row[0] = 1;
  return row;
}

/// Sums over a user's ratings: a square and the right side, lanes of eight.
struct NormalEquations {
  std::array<float, kTaste * kTaste> square{};
  Taste right{};
  float spread = 0;  ///< sum of weights times the variance of the items' tastes
  void Add(const Taste& row, float weight, float residual) {
    const FloatLanes low = LoadLanes(row.data());
    const FloatLanes high = LoadLanes(row.data() + kLanes);
    for (std::size_t a = 0; a < kTaste; ++a) {
      const FloatLanes scale = FillLanes(weight * row[a]);
      float* to = &square[a * kTaste];
      StoreLanes(to, LoadLanes(to) + scale * low);
      StoreLanes(to + kLanes, LoadLanes(to + kLanes) + scale * high);
    }
    const FloatLanes scale = FillLanes(weight * residual);
    StoreLanes(right.data(), LoadLanes(right.data()) + scale * low);
    StoreLanes(right.data() + kLanes, LoadLanes(right.data() + kLanes) + scale * high);
  }
};

}  // namespace

Taste InitialTaste(ItemKey item) {
  constexpr double kRange = 0.067;  // a standard deviation of .15 / sqrt(15): symmetry is broken, no more
  Random random(item.value ^ 0x7461737465ULL);
  Taste taste{};
  for (std::size_t k = 1; k < kTaste; ++k) {
    taste[k] = static_cast<float>((2 * random.Uniform() - 1) * kRange);
  }
  return taste;
}

float TasteProduct(const Taste& a, const Taste& b) {
  const FloatLanes products =
      LoadLanes(a.data()) * LoadLanes(b.data()) + LoadLanes(a.data() + kLanes) * LoadLanes(b.data() + kLanes);
  return SumLanes(products) - a[0] * b[0];
}

void TasteLesson::Encode(ByteWriter& to) const {
  to.Varint(ratings);
  to.Fixed(base);
  for (const float number : row) to.Fixed(number);
  for (const float number : squares) to.Fixed(number);
}

bool TasteLesson::Decode(ByteReader& from) {
  ratings = static_cast<std::uint32_t>(from.Varint());
  base = from.Fixed<float>();
  return ReadFinite<float>(from, row) && ReadFinite<float>(from, squares) && std::isfinite(base);
}

void TasteSums::AddTimes(float sign, const TasteLesson& user, float rating) {
  ++changes_;
  ratings_ += sign > 0 ? 1 : -1;
  if (sums_.empty()) sums_.assign(kSums, 0.0F);
  const FloatLanes signs = FillLanes(sign);
  for (std::size_t i = 0; i < kTasteSquares; i += kLanes) {
    StoreLanes(&sums_[i], LoadLanes(&sums_[i]) + signs * LoadLanes(&user.squares[i]));
  }
  const FloatLanes residual = FillLanes(sign * (rating - user.base));
  for (std::size_t i = 0; i < kTaste; i += kLanes) {
    float* to = &sums_[kTasteSquares + i];
    StoreLanes(to, LoadLanes(to) + residual * LoadLanes(&user.row[i]));
  }
}

void TasteSums::Merge(const TasteSums& other) {
  changes_ += other.changes_;
  ratings_ += other.ratings_;
  if (other.sums_.empty()) return;
  if (sums_.empty()) sums_.assign(kSums, 0.0F);
  for (std::size_t i = 0; i < kSums; i += kLanes) {
    StoreLanes(&sums_[i], LoadLanes(&sums_[i]) + LoadLanes(&other.sums_[i]));
  }
}

void TasteSums::Settle() {
  if (ratings_ == 0) sums_.clear();
}

ItemTaste TasteSums::Solve(ItemKey item, const RatingOptions& options) const {
  ItemTaste taste;
  if (ratings_ <= 0 || sums_.empty()) return taste;
  SpdSolver solver;
  solver.Reset(kTaste);
  std::size_t entry = 0;
  for (std::size_t row = 0; row < kTaste; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      solver.At(column, row) = static_cast<double>(sums_[entry++]);
    }
    solver.At(row, row) += 1 / (row == 0 ? options.item_variance : options.taste_variance);
  }
  if (!solver.Factorise()) return taste;
  const Taste start = InitialTaste(item);
  std::array<double, kTaste> solved;
  for (std::size_t k = 0; k < kTaste; ++k) {
    solved[k] = static_cast<double>(sums_[entry++]) + static_cast<double>(start[k]) / options.taste_variance;
  }
  solver.Solve(solved);
  double variance = 0;
  std::array<double, kTaste> column;
  for (std::size_t k = 0; k < kTaste; ++k) {
    taste.mean[k] = static_cast<float>(solved[k]);
    column.fill(0);
    column[k] = 1;
    solver.Solve(column);
    if (k == 0) {
      taste.bias_variance = static_cast<float>(column[0]);
    } else {
      variance += column[k];
    }
  }
  taste.variance = static_cast<float>(variance / (kTaste - 1));
  return taste;
}

void TasteSums::Encode(ByteWriter& to) const {
  to.Varint(changes_);
  to.Signed(ratings_);
  to.Varint(sums_.size());
  for (const float number : sums_) to.Fixed(number);
}

bool TasteSums::Decode(ByteReader& from) {
  changes_ = from.Varint();
  ratings_ = from.Signed();
  const std::uint64_t size = from.Varint();
  bool good = from.ok() && (size == 0 || size == kSums);
  if (good) {
    sums_.resize(size);
    good = ReadFinite<float>(from, sums_);
  }
  if (!good) *this = {};
  return good;
}

UserTaste::UserTaste(const RatingOptions& options)
    : options_(options), fading_(static_cast<float>(Exp(-1 / options.memory))) {}

void UserTaste::Solve(std::span<const RatedItem> rated, double mean) {
  mean_ = mean;
  NormalEquations sums;
  float counts = 1;
  const auto base = static_cast<float>(mean);
  const auto noise = static_cast<float>(options_.taste_noise);
  for (const RatedItem& each : rated) {
    const ItemTaste& taste = each.item->taste;
    const float weight = counts / (noise + taste.bias_variance);
    sums.Add(WithOne(taste.mean), weight, each.rating - base - taste.mean[0]);
    sums.spread += weight * taste.variance;
    counts *= fading_;
  }
  solver_.Reset(kTaste);
  std::array<double, kTaste> right;
  for (std::size_t row = 0; row < kTaste; ++row) {
    for (std::size_t column = row; column < kTaste; ++column) {
      solver_.At(row, column) = static_cast<double>(sums.square[row * kTaste + column]);
    }
    solver_.At(row, row) +=
        row == 0 ? 1 / options_.user_variance : 1 / kUserTasteVariance + static_cast<double>(sums.spread);
    right[row] = static_cast<double>(sums.right[row]);
  }
  // Positive definite by its diagonal, unless an item's numbers are beyond all scale: then nothing is known.
  if (!solver_.Factorise()) return Solve({}, mean);
  solver_.Solve(right);
  for (std::size_t k = 0; k < kTaste; ++k) value_[k] = static_cast<float>(right[k]);
}

double UserTaste::Variance(const Taste& item) const {
  const Taste row = WithOne(item);
  std::array<double, kTaste> solved;
  for (std::size_t k = 0; k < kTaste; ++k) solved[k] = static_cast<double>(row[k]);
  solver_.Solve(solved);
  double variance = 0;
  for (std::size_t k = 0; k < kTaste; ++k) variance += static_cast<double>(row[k]) * solved[k];
  return variance;
}

TasteLesson UserTaste::Lesson(std::uint32_t ratings) const {
  std::array<std::array<double, kTaste>, kTaste> covariance{};
  for (std::size_t k = 0; k < kTaste; ++k) {
    covariance[k][k] = 1;
    solver_.Solve(covariance[k]);
  }
  const double weight = 1 / (options_.taste_noise + covariance[0][0]);
  const Taste row = WithOne(value_);
  TasteLesson lesson;
  lesson.ratings = ratings;
  lesson.base = static_cast<float>(mean_ + static_cast<double>(value_[0]));
  std::size_t entry = 0;
  for (std::size_t a = 0; a < kTaste; ++a) {
    lesson.row[a] = static_cast<float>(weight * static_cast<double>(row[a]));
    for (std::size_t b = 0; b <= a; ++b) {
      const double uncertain = b > 0 ? covariance[a][b] : 0;  // the bias is part of what the residual is
      const double product = static_cast<double>(row[a]) * static_cast<double>(row[b]);
      lesson.squares[entry++] = static_cast<float>(weight * (product + uncertain));
    }
  }
  return lesson;
}

}  // namespace freshet
