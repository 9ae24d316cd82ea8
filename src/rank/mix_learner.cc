#include "rank/mix_learner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "base/bytes.h"
#include "models/exact_math.h"
#include "models/spd_solver.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kDimensionsMax = 1024;
constexpr double kPrecision = 10;         // Lambda for the constant context
constexpr double kContextPrecision = 30;  // and for the others
// Trust region: the gradient's second order holds while scores change by a few units, and features reach 7.
constexpr double kStepMax = 0.5;
constexpr double kMemory = 20000;  // events: rho = 1 - 1 / kMemory

std::size_t TriangleSize(std::size_t n) { return n * (n + 1) / 2; }

double PriorPrecision(std::size_t dimension, std::size_t parts) {
  return dimension < parts ? kPrecision : kContextPrecision;
}

/// Symmetric matrix (upper triangle) times vector.
std::vector<double> Multiply(std::span<const double> triangle, std::span<const double> vector) {
  std::vector<double> product(vector.size(), 0.0);
  const double* entry = triangle.data();
  for (std::size_t i = 0; i < vector.size(); ++i) {
    for (std::size_t j = i; j < vector.size(); ++j, ++entry) {
      product[i] += *entry * vector[j];
      if (i != j) product[j] += *entry * vector[i];
    }
  }
  return product;
}

bool DecodeNumbers(ByteReader& from, std::span<double> to) {
  bool finite = true;
  for (double& number : to) finite = std::isfinite(number = from.Fixed<double>()) && finite;
  return from.ok() && finite;
}

void Softmax(const FeatureTable& features, std::span<const double> weights,
             std::vector<double>& probabilities) {
  probabilities.assign(features.rows(), 0.0);
  for (std::size_t b = 0; b < features.columns(); ++b) {
    for (std::size_t j = 0; j < features.rows(); ++j) probabilities[j] += weights[b] * features.at(j, b);
  }
  const double top = *std::max_element(probabilities.begin(), probabilities.end());
  double sum = 0;
  for (double& p : probabilities) sum += p = Exp(p - top);
  for (double& p : probabilities) p /= sum;
}

}  // namespace

MixDelta::MixDelta(std::size_t dimensions)
    : target_(dimensions, 0.0), curvature_(TriangleSize(dimensions), 0.0) {
  FRESHET_ASSERT(dimensions <= kDimensionsMax);
}

void MixDelta::Learn(const FeatureTable& features, std::size_t taken, const MixContext& context,
                     const MixWeights& weights, std::span<const double> effects) {
  const std::size_t parts = features.columns();
  FRESHET_ASSERT(taken < features.rows());
  FRESHET_ASSERT(target_.size() == kMixContexts * parts);
  const auto effective = weights.Effective(context, effects);
  Softmax(features, effective, probabilities_);
  std::array<double, kPartsMax> mean{};
  std::array<double, kPartsMax * kPartsMax> covariance{};
  for (std::size_t j = 0; j < features.rows(); ++j) {
    std::array<double, kPartsMax> row{};
    for (std::size_t a = 0; a < parts; ++a) row[a] = features.at(j, a);
    for (std::size_t a = 0; a < parts; ++a) {
      const double weighted = probabilities_[j] * row[a];
      mean[a] += weighted;
      for (std::size_t b = a; b < parts; ++b) covariance[a * parts + b] += weighted * row[b];
    }
  }
  for (std::size_t a = 0; a < parts; ++a) {
    for (std::size_t b = a; b < parts; ++b) {
      covariance[a * parts + b] -= mean[a] * mean[b];
      covariance[b * parts + a] = covariance[a * parts + b];
    }
  }
  const auto global = weights.Effective(context, {});
  double* entry = curvature_.data();
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const std::size_t a = i % parts;
    double step = features.at(taken, a) - mean[a];
    for (std::size_t b = 0; b < parts; ++b) step += covariance[a * parts + b] * global[b];
    target_[i] += context[i / parts] * step;
    for (std::size_t k = i; k < target_.size(); ++k) {
      *entry++ += context[i / parts] * context[k / parts] * covariance[a * parts + k % parts];
    }
  }
  ++events_;
}

void MixDelta::Merge(const MixDelta& other) {
  FRESHET_ASSERT(other.dimensions() == dimensions());
  events_ += other.events_;
  for (std::size_t i = 0; i < target_.size(); ++i) target_[i] += other.target_[i];
  for (std::size_t i = 0; i < curvature_.size(); ++i) curvature_[i] += other.curvature_[i];
}

void MixDelta::Subtract(const MixDelta& other) {
  FRESHET_ASSERT(other.dimensions() == dimensions());
  events_ -= other.events_;
  for (std::size_t i = 0; i < target_.size(); ++i) target_[i] -= other.target_[i];
  for (std::size_t i = 0; i < curvature_.size(); ++i) curvature_[i] -= other.curvature_[i];
}

bool MixDelta::empty() const {
  return events_ == 0 &&
         std::all_of(target_.begin(), target_.end(), [](double number) { return number == 0; });
}

void MixDelta::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(target_.size());
  writer.Signed(events_);
  for (const double number : target_) writer.Fixed(number);
  for (const double number : curvature_) writer.Fixed(number);
}

std::optional<MixDelta> MixDelta::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return std::nullopt;
  const std::uint64_t dimensions = reader.Varint();
  const std::int64_t events = reader.Signed();
  if (dimensions > kDimensionsMax) return std::nullopt;
  if (!reader.ok() || reader.left() != (dimensions + TriangleSize(dimensions)) * sizeof(double))
    return std::nullopt;
  MixDelta delta(dimensions);
  delta.events_ = events;
  if (!DecodeNumbers(reader, delta.target_) || !DecodeNumbers(reader, delta.curvature_)) return std::nullopt;
  return delta;
}

MixLearner::MixLearner(std::size_t generators, std::size_t parts)
    : weights_(generators, parts),
      hessian_(TriangleSize(kMixContexts * parts), 0.0),
      pending_(kMixContexts * parts) {
  const std::size_t n = kMixContexts * parts;
  double* entry = hessian_.data();
  for (std::size_t i = 0; i < n; entry += n - i, ++i) *entry = PriorPrecision(i, parts);
}

bool MixLearner::Fold(const MixDelta& delta) {
  if (delta.dimensions() != pending_.dimensions() || delta.empty()) return false;
  pending_.Merge(delta);
  if (events_ >= kEager && std::abs(pending_.events()) < kStep) return false;
  Step();
  return true;
}

void MixLearner::Step() {
  const std::size_t n = pending_.dimensions();
  const double keep = Pow(1 - 1 / kMemory, static_cast<double>(pending_.events()));
  SpdSolver solver;
  solver.Reset(n);
  std::size_t entry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j, ++entry) {
      hessian_[entry] = keep * hessian_[entry] + pending_.curvature_[entry];
      if (i == j) hessian_[entry] += (1 - keep) * PriorPrecision(i, weights_.parts());
      solver.At(i, j) = hessian_[entry];
    }
  }
  std::vector<double> step = pending_.target_;
  const std::vector<double> explained = Multiply(pending_.curvature_, weights_.values());
  for (std::size_t i = 0; i < n; ++i) step[i] -= explained[i];
  events_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(events_) + pending_.events()));
  pending_ = MixDelta(n);
  // Only a delta that is no sum of covariances, or lessons taken back long after, gets here.
  if (!solver.Factorise()) {  // forget all curvature
    hessian_ = MixLearner(1, weights_.parts()).hessian_;
    return;
  }
  solver.Solve(step);
  const double norm = std::sqrt(std::inner_product(step.begin(), step.end(), step.begin(), 0.0));
  const double scale = std::min(1.0, kStepMax / norm);
  for (std::size_t i = 0; i < n; ++i) weights_.values()[i] += scale * step[i];
}

void MixLearner::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(pending_.dimensions());
  writer.Varint(events_);
  for (const double number : weights_.values()) writer.Fixed(number);
  for (const double number : hessian_) writer.Fixed(number);
  pending_.Encode(to);
}

std::optional<std::size_t> MixLearner::DimensionsOf(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  const std::uint64_t dimensions = reader.Varint();
  if (!known || !reader.ok() || dimensions > kDimensionsMax) return std::nullopt;
  return dimensions;
}

std::size_t MixLearner::DimensionsOf(std::size_t parts) { return kMixContexts * parts; }

std::optional<MixLearner> MixLearner::Decode(std::string_view bytes, std::size_t generators,
                                             std::size_t parts) {
  ByteReader reader(bytes);
  MixLearner learner(generators, parts);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  const bool shaped = reader.Varint() == learner.pending_.dimensions();
  learner.events_ = reader.Varint();
  if (!reader.ok() || !known || !shaped) return std::nullopt;
  if (!DecodeNumbers(reader, learner.weights_.values())) return std::nullopt;
  if (!DecodeNumbers(reader, learner.hessian_)) return std::nullopt;
  std::optional<MixDelta> pending = MixDelta::Decode(reader.Raw(reader.left()));
  if (!pending || pending->dimensions() != learner.pending_.dimensions()) return std::nullopt;
  learner.pending_ = *std::move(pending);
  return learner;
}

}  // namespace freshet
