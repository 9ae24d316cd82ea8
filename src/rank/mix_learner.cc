#include "rank/mix_learner.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.h"
#include "models/exact_math.h"
#include "models/spd_solver.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 3;
/// Lambda, for the constant context and for the others.
struct Precision {
  double constant;
  double context;
  double At(std::size_t dimension, std::size_t parts) const { return dimension < parts ? constant : context; }
};
// A mix of few lessons is guarded: what they say, of contexts above all, is noise (docs/adr/0011).
constexpr Precision kYoung{20, 100};
constexpr Precision kLasting{10, 30};
// Trust region: the gradient's second order holds while scores change by a few units, and features reach 7.
constexpr double kStepMax = 0.5;
constexpr double kMemory = 20000;        // events: rho = 1 - 1 / kMemory
constexpr double kMeanRateMin = 0.0005;  // of the mean curvature
constexpr double kMeanStart = 0.05;
constexpr double kMeanRidge = 0.02;

/// Symmetric matrix (upper triangle) times vector.
std::vector<double> Multiply(std::span<const double> triangle, std::span<const double> vector) {
  std::vector<double> product(vector.size(), 0.0);
  const double* entry = triangle.data();
  for (std::size_t i = 0; i < vector.size(); ++i) {
    product[i] += *entry++ * vector[i];
    double sum = 0;
    for (std::size_t j = i + 1; j < vector.size(); ++j, ++entry) {
      sum += *entry * vector[j];
      product[j] += *entry * vector[i];
    }
    product[i] += sum;
  }
  return product;
}

}  // namespace

MixLearner::MixLearner(std::size_t generators, std::size_t parts)
    : weights_(generators, parts),
      hessian_(TriangleSize(kMixContexts * parts), 0.0),
      mean_curvature_(TriangleSize(parts), 0.0),
      pending_target_(kMixContexts * parts, 0.0),
      pending_curvature_(TriangleSize(kMixContexts * parts), 0.0) {
  const std::size_t n = kMixContexts * parts;
  double* entry = hessian_.data();
  for (std::size_t i = 0; i < n; entry += n - i, ++i) *entry = kYoung.At(i, parts);
  double* mean = mean_curvature_.data();
  for (std::size_t i = 0; i < parts; mean += parts - i, ++i) *mean = kMeanStart;
}

bool MixLearner::Fold(const MixDelta& delta) {
  if (delta.parts() != weights_.parts() || delta.empty()) return false;
  delta.AddTo(pending_target_, pending_curvature_);
  pending_events_ += delta.events();
  if (events_ >= kEager && std::abs(pending_events_) < kStep) return false;
  Step();
  return true;
}

// The sums' first block is that of the constant context: the sum of C itself.
void MixLearner::LearnMeanCurvature() {
  if (pending_events_ <= 0) return;
  const auto count = static_cast<double>(pending_events_);
  const double rate = std::max(kMeanRateMin, 1 / (10 + static_cast<double>(events_)));
  const double keep = Pow(1 - rate, count);
  const std::size_t n = pending_target_.size();
  const std::size_t parts = weights_.parts();
  std::size_t entry = 0;
  for (std::size_t a = 0; a < parts; ++a) {
    const std::size_t row = a * n - a * (a - 1) / 2 - a;  // so that entry (a, b) is at row + b
    for (std::size_t b = a; b < parts; ++b, ++entry) {
      const double mean = pending_curvature_[row + b] / count;
      mean_curvature_[entry] = keep * mean_curvature_[entry] + (1 - keep) * mean;
    }
  }
}

void MixLearner::Step() {
  LearnMeanCurvature();
  const std::size_t n = pending_target_.size();
  const double keep = Pow(1 - 1 / kMemory, static_cast<double>(pending_events_));
  SpdSolver solver;
  solver.Reset(n);
  std::size_t entry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j, ++entry) {
      hessian_[entry] = keep * hessian_[entry] + pending_curvature_[entry];
      if (i == j) hessian_[entry] += (1 - keep) * kLasting.At(i, weights_.parts());
      solver.At(i, j) = hessian_[entry];
    }
  }
  std::vector<double> step = pending_target_;
  const std::vector<double> explained = Multiply(pending_curvature_, weights_.values());
  for (std::size_t i = 0; i < n; ++i) step[i] -= explained[i];
  events_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(events_) + pending_events_));
  pending_events_ = 0;
  std::fill(pending_target_.begin(), pending_target_.end(), 0.0);
  std::fill(pending_curvature_.begin(), pending_curvature_.end(), 0.0);
  // Only a delta that is no sum of covariances, or lessons taken back long after, gets here.
  if (!solver.Factorise()) {  // forget all curvature
    hessian_ = MixLearner(1, weights_.parts()).hessian_;
    return;
  }
  solver.Solve(step);
  const double norm = std::sqrt(std::inner_product(step.begin(), step.end(), step.begin(), 0.0));
  const double scale = norm > kStepMax ? kStepMax / norm : 1;
  for (std::size_t i = 0; i < n; ++i) weights_.values()[i] += scale * step[i];
}

std::vector<float> MixLearner::UserGain() const {
  const std::size_t parts = weights_.parts();
  SpdSolver solver;
  solver.Reset(parts);
  std::size_t entry = 0;
  for (std::size_t a = 0; a < parts; ++a) {
    for (std::size_t b = a; b < parts; ++b, ++entry)
      solver.At(a, b) = mean_curvature_[entry] + (a == b ? kMeanRidge : 0);
  }
  if (!solver.Factorise()) return {};
  std::vector<float> gain(parts * parts);
  std::vector<double> column(parts);
  for (std::size_t b = 0; b < parts; ++b) {
    std::fill(column.begin(), column.end(), 0.0);
    column[b] = 1;
    solver.Solve(column);
    for (std::size_t a = 0; a < parts; ++a) gain[a * parts + b] = static_cast<float>(column[a]);
  }
  return gain;
}

MixModel MixLearner::ToModel() const {
  return {{weights_.values().begin(), weights_.values().end()}, UserGain(), events_};
}

void MixLearner::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(weights_.parts());
  writer.Varint(events_);
  for (const double number : weights_.values()) writer.Fixed(number);
  for (const double number : hessian_) writer.Fixed(number);
  for (const double number : mean_curvature_) writer.Fixed(number);
}

std::optional<std::size_t> MixLearner::PartsOf(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  const std::uint64_t parts = reader.Varint();
  if (!known || !reader.ok() || parts > kPartsMax) return std::nullopt;
  return parts;
}

std::optional<MixLearner> MixLearner::Decode(std::string_view bytes, std::size_t generators,
                                             std::size_t parts) {
  ByteReader reader(bytes);
  MixLearner learner(generators, parts);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  const bool shaped = reader.Varint() == parts;
  learner.events_ = reader.Varint();
  if (!reader.ok() || !known || !shaped) return std::nullopt;
  const bool good = ReadFinite<double>(reader, learner.weights_.values()) &&
                    ReadFinite<double>(reader, learner.hessian_) &&
                    ReadFinite<double>(reader, learner.mean_curvature_);
  return good && reader.left() == 0 ? std::optional(std::move(learner)) : std::nullopt;
}

}  // namespace freshet
