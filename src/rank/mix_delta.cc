#include "rank/mix_delta.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/bytes.h"
#include "models/exact_math.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::uint64_t kLessonsMax = 1 << 12;

using Moments = std::array<double, kPartsMax * kPartsMax>;

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

/// Mean and covariance of the features under the probabilities; the upper triangle of the latter.
void MomentsOf(const FeatureTable& features, std::span<const double> probabilities,
               std::array<double, kPartsMax>& mean, Moments& covariance) {
  const std::size_t parts = features.columns();
  for (std::size_t j = 0; j < features.rows(); ++j) {
    std::array<double, kPartsMax> row{};
    for (std::size_t a = 0; a < parts; ++a) row[a] = features.at(j, a);
    for (std::size_t a = 0; a < parts; ++a) {
      const double weighted = probabilities[j] * row[a];
      mean[a] += weighted;
      for (std::size_t b = a; b < parts; ++b) covariance[a * parts + b] += weighted * row[b];
    }
  }
  for (std::size_t a = 0; a < parts; ++a) {
    for (std::size_t b = a; b < parts; ++b) covariance[a * parts + b] -= mean[a] * mean[b];
  }
}

/// What a lesson counts: how likely it is that it was no chance.
double Counted(double probability, double chance, std::size_t rows) {
  if (chance <= 0) return 1;
  const double meant = (1 - chance) * probability;
  return meant / (meant + chance / static_cast<double>(rows));
}

}  // namespace

void MixDelta::Learn(const Scene& scene, std::size_t taken, int sign) {
  const auto& [features, context, weights, effects, chance] = scene;
  FRESHET_ASSERT(taken < features.rows());
  FRESHET_ASSERT(parts_ == features.columns());
  Softmax(features, weights.Effective(context, effects), probabilities_);
  std::array<double, kPartsMax> mean{};
  Moments covariance{};
  MomentsOf(features, probabilities_, mean, covariance);
  const double counted = Counted(probabilities_[taken], chance, features.rows());
  for (double& entry : covariance) entry *= counted;
  gradient_.resize(parts_);
  for (std::size_t a = 0; a < parts_; ++a) gradient_[a] = counted * (features.at(taken, a) - mean[a]);
  const auto global = weights.Effective(context, {});
  lessons_.push_back(sign);
  lessons_.insert(lessons_.end(), context.begin(), context.end());
  for (std::size_t a = 0; a < parts_; ++a) {
    double target = gradient_[a];
    for (std::size_t b = 0; b < parts_; ++b)
      target += covariance[std::min(a, b) * parts_ + std::max(a, b)] * global[b];
    lessons_.push_back(target);
  }
  for (std::size_t a = 0; a < parts_; ++a) {
    for (std::size_t b = a; b < parts_; ++b) lessons_.push_back(covariance[a * parts_ + b]);
  }
  events_ += sign;
  CancelLast();
  if (Lessons() > kLessonsKept) Sum();
}

void MixDelta::AddTo(std::span<double> target, std::span<double> curvature) const {
  FRESHET_ASSERT(target.size() == dimensions());
  FRESHET_ASSERT(curvature.size() == TriangleSize(dimensions()));
  for (std::size_t i = 0; i < target_.size(); ++i) target[i] += target_[i];
  for (std::size_t i = 0; i < curvature_.size(); ++i) curvature[i] += curvature_[i];
  std::vector<double> full(parts_ * parts_);
  for (std::size_t at = 0; at < lessons_.size(); at += Stride()) {
    const double sign = lessons_[at];
    const double* context = &lessons_[at + 1];
    const double* step = context + kMixContexts;
    const double* triangle = step + parts_;
    for (std::size_t a = 0; a < parts_; ++a) {
      for (std::size_t b = a; b < parts_; ++b) full[a * parts_ + b] = full[b * parts_ + a] = *triangle++;
    }
    double* entry = curvature.data();
    for (std::size_t c = 0; c < kMixContexts; ++c) {
      for (std::size_t a = 0; a < parts_; ++a) {
        target[c * parts_ + a] += sign * context[c] * step[a];
        for (std::size_t d = c; d < kMixContexts; ++d) {
          const double both = sign * context[c] * context[d];
          for (std::size_t b = d == c ? a : 0; b < parts_; ++b) *entry++ += both * full[a * parts_ + b];
        }
      }
    }
  }
}

void MixDelta::Sum() {
  std::vector<double> target(dimensions(), 0.0);
  std::vector<double> curvature(TriangleSize(dimensions()), 0.0);
  AddTo(target, curvature);
  target_ = std::move(target);
  curvature_ = std::move(curvature);
  lessons_.clear();
}

/// A lesson and its opposite leave nothing, not even rounding.
void MixDelta::CancelLast() {
  const auto stride = static_cast<std::ptrdiff_t>(Stride());
  const auto last = lessons_.end() - stride;
  for (auto lesson = lessons_.begin(); lesson != last; lesson += stride) {
    if (*lesson != -*last || !std::equal(lesson + 1, lesson + stride, last + 1)) continue;
    lessons_.erase(last, lessons_.end());
    lessons_.erase(lesson, lesson + stride);
    return;
  }
}

void MixDelta::Take(const MixDelta& other, double sign) {
  FRESHET_ASSERT(other.parts_ == parts_);
  events_ += sign > 0 ? other.events_ : -other.events_;
  for (std::size_t at = 0; at < other.lessons_.size(); at += Stride()) {
    const auto lesson = other.lessons_.begin() + static_cast<std::ptrdiff_t>(at);
    lessons_.push_back(sign * *lesson);
    lessons_.insert(lessons_.end(), lesson + 1, lesson + static_cast<std::ptrdiff_t>(Stride()));
    CancelLast();
  }
  if (!other.target_.empty()) {
    target_.resize(dimensions());
    curvature_.resize(TriangleSize(dimensions()));
    for (std::size_t i = 0; i < target_.size(); ++i) target_[i] += sign * other.target_[i];
    for (std::size_t i = 0; i < curvature_.size(); ++i) curvature_[i] += sign * other.curvature_[i];
  }
  if (Lessons() > kLessonsKept) Sum();
}

void MixDelta::Encode(std::string& to) const {
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Varint(parts_);
  writer.Signed(events_);
  writer.Varint(Lessons());
  for (const double number : lessons_) writer.Fixed(number);
  for (const double number : target_) writer.Fixed(number);
  for (const double number : curvature_) writer.Fixed(number);
}

std::optional<MixDelta> MixDelta::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return std::nullopt;
  const std::uint64_t parts = reader.Varint();
  if (parts > kPartsMax) return std::nullopt;
  MixDelta delta(parts);
  delta.events_ = reader.Signed();
  const std::uint64_t lessons = reader.Varint();
  if (!reader.ok() || lessons > kLessonsMax) return std::nullopt;
  const std::size_t rest = lessons * delta.Stride() * sizeof(double);
  const std::size_t sums = (delta.dimensions() + TriangleSize(delta.dimensions())) * sizeof(double);
  if (reader.left() != rest && reader.left() != rest + sums) return std::nullopt;
  const bool summed = reader.left() != rest;
  delta.lessons_.resize(lessons * delta.Stride());
  delta.target_.resize(summed ? delta.dimensions() : 0);
  delta.curvature_.resize(summed ? TriangleSize(delta.dimensions()) : 0);
  const bool good = ReadFinite<double>(reader, delta.lessons_) && ReadFinite<double>(reader, delta.target_) &&
                    ReadFinite<double>(reader, delta.curvature_);
  return good ? std::optional(std::move(delta)) : std::nullopt;
}

}  // namespace freshet
