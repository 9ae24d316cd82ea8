#include "models/rating_stack.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "models/exact_math.h"
#include "models/spd_solver.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr double kMemory = 10'000;  // ratings: the parts' own quality changes while they learn
constexpr double kPull = 30;        // ratings that the prior is worth
constexpr double kPriorNoise = 0.75;
constexpr double kVarianceMin = 0.05;  // a rating is never certain
constexpr std::size_t kTriangle = kRatingFeatureCount * (kRatingFeatureCount + 1) / 2;
constexpr std::size_t kVarianceSums = 5;  // of 1, v, v^2, e^2 and v e^2
constexpr std::size_t kSums = kTriangle + kRatingFeatureCount + kVarianceSums;

std::array<double, kRatingWeights> PriorWeights() {
  std::array<double, kRatingWeights> prior{};
  prior[0] = prior[1] = prior[2] = 1;  // the taste model as it is
  prior[kRatingFeatureCount] = kPriorNoise;
  prior[kRatingFeatureCount + 1] = 1;
  return prior;
}

}  // namespace

void RatingStackDelta::Learn(const RatingRow& row, double deviation, double predicted) {
  if (sums_.empty()) sums_.assign(kSums, 0.0);
  ++ratings_;
  double* entry = sums_.data();
  for (std::size_t a = 0; a < kRatingFeatureCount; ++a) {
    for (std::size_t b = a; b < kRatingFeatureCount; ++b) *entry++ += row.features[a] * row.features[b];
  }
  for (const double feature : row.features) *entry++ += feature * deviation;
  const double error = (deviation - predicted) * (deviation - predicted);
  const std::array<double, kVarianceSums> variance = {1, row.variance, row.variance * row.variance, error,
                                                      row.variance * error};
  for (const double sum : variance) *entry++ += sum;
}

void RatingStackDelta::Merge(const RatingStackDelta& other) {
  if (other.sums_.empty()) return;
  if (sums_.empty()) sums_.assign(kSums, 0.0);
  ratings_ += other.ratings_;
  for (std::size_t i = 0; i < kSums; ++i) sums_[i] += other.sums_[i];
}

void RatingStackDelta::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(kRatingFeatureCount);
  writer.Varint(ratings_);
  writer.Varint(sums_.size());
  for (const double number : sums_) writer.Fixed(number);
}

std::optional<RatingStackDelta> RatingStackDelta::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return std::nullopt;
  if (reader.Varint() != kRatingFeatureCount) return std::nullopt;
  RatingStackDelta delta;
  delta.ratings_ = reader.Varint();
  const std::uint64_t size = reader.Varint();
  if (!reader.ok() || (size != 0 && size != kSums)) return std::nullopt;
  delta.sums_.resize(size);
  if (!ReadFinite<double>(reader, delta.sums_) || reader.left() != 0) return std::nullopt;
  return delta;
}

StackedRating StackRating(const RatingRow& row, std::span<const double> weights) {
  static const std::array<double, kRatingWeights> kPrior = PriorWeights();
  const std::span<const double> used = weights.size() == kRatingWeights ? weights : kPrior;
  StackedRating stacked;
  for (std::size_t i = 0; i < kRatingFeatureCount; ++i) stacked.deviation += used[i] * row.features[i];
  stacked.variance =
      std::max(used[kRatingFeatureCount] + used[kRatingFeatureCount + 1] * row.variance, kVarianceMin);
  return stacked;
}

RatingStackLearner::RatingStackLearner() : sums_(kSums, 0.0) {
  const auto prior = PriorWeights();
  weights_.assign(prior.begin(), prior.end());
}

bool RatingStackLearner::Fold(const RatingStackDelta& delta) {
  if (delta.empty()) return false;
  const double keep = Pow(1 - 1 / kMemory, static_cast<double>(delta.ratings_));
  for (std::size_t i = 0; i < kSums; ++i) sums_[i] = keep * sums_[i] + delta.sums_[i];
  ratings_ += delta.ratings_;
  if (ratings_ > kEager && ratings_ - solved_at_ < kStep) return false;
  Solve();
  return true;
}

void RatingStackLearner::Solve() {
  solved_at_ = ratings_;
  const auto prior = PriorWeights();
  SpdSolver solver;
  solver.Reset(kRatingFeatureCount);
  std::size_t entry = 0;
  for (std::size_t a = 0; a < kRatingFeatureCount; ++a) {
    for (std::size_t b = a; b < kRatingFeatureCount; ++b) solver.At(a, b) = sums_[entry++];
    solver.At(a, a) += kPull;
  }
  std::array<double, kRatingFeatureCount> right;
  for (std::size_t a = 0; a < kRatingFeatureCount; ++a) right[a] = sums_[entry++] + kPull * prior[a];
  if (!solver.Factorise()) return;  // numbers beyond all scale: the weights stay until they have faded
  solver.Solve(right);
  std::copy(right.begin(), right.end(), weights_.begin());

  const double* line = &sums_[entry];
  solver.Reset(2);
  solver.At(0, 0) = line[0] + kPull;
  solver.At(0, 1) = line[1];
  solver.At(1, 1) = line[2] + kPull;
  std::array<double, 2> variance = {line[3] + kPull * kPriorNoise, line[4] + kPull};
  if (!solver.Factorise()) return;
  solver.Solve(variance);
  std::copy(variance.begin(), variance.end(), weights_.begin() + kRatingFeatureCount);
}

void RatingStackLearner::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(kRatingFeatureCount);
  writer.Varint(ratings_);
  writer.Varint(solved_at_);
  for (const double number : weights_) writer.Fixed(number);
  for (const double number : sums_) writer.Fixed(number);
}

std::optional<RatingStackLearner> RatingStackLearner::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  RatingStackLearner learner;
  const bool version = reader.Fixed<std::uint8_t>() == kVersion;
  const bool features = reader.Varint() == kRatingFeatureCount;
  if (!reader.ok()) return std::nullopt;
  if (!version || !features) return learner;
  learner.ratings_ = reader.Varint();
  learner.solved_at_ = reader.Varint();
  if (!ReadFinite<double>(reader, learner.weights_) || !ReadFinite<double>(reader, learner.sums_))
    return std::nullopt;
  if (reader.left() != 0) return std::nullopt;
  return learner;
}

}  // namespace freshet
