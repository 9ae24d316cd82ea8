#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rank/features.h"
#include "rank/linear_mix.h"

namespace freshet {

/// What learned events say about the mix: sums, so that partitions and batches merge. For each event with
/// features f of the shortlist, softmax q under the weights W it was ranked with, and the taken item i:
///   C = sum_j q_j f_j f_j' - mu mu',   target = f_i - mu + C W.
/// The gradient at weights W' is target - C W' (to second order), so a delta made with older weights still
/// teaches the right step. With contexts phi, features are outer products phi x f.
class MixDelta final {
 public:
  explicit MixDelta(std::size_t dimensions = 0);

  /// Learns that row `taken` of the table was taken. Costs rows * parts^2 / 2.
  void Learn(const FeatureTable& features, std::size_t taken, const MixContext& context,
             const MixWeights& weights, std::span<const double> effects);
  void Merge(const MixDelta& other);
  /// Takes lessons back: the Newton step of removal (Guo, Goldstein, Hannun, van der Maaten 2020) at the
  /// weights they were computed with. Exact where these are the weights of the lesson itself.
  void Subtract(const MixDelta& other);
  /// Lessons learned, less those taken back.
  std::int64_t events() const { return events_; }
  bool empty() const;
  std::size_t dimensions() const { return target_.size(); }
  std::span<const double> target() const { return target_; }
  /// Upper triangle, row by row.
  std::span<const double> curvature() const { return curvature_; }

  void Encode(std::string& to) const;
  /// Empty when the bytes are damaged or of another version.
  static std::optional<MixDelta> Decode(std::string_view bytes);

 private:
  friend class MixLearner;
  std::int64_t events_ = 0;
  std::vector<double> target_;
  std::vector<double> curvature_;
  std::vector<double> probabilities_;  ///< scratch of Learn
};

/// Owner of the mix's weights: online Newton steps over folded deltas (Bishop 2006, 4.3.3, one step at a
/// time, no longer than a trust region: Nocedal, Wright 2006, 4). Every kStep learned events, every delta for
/// the first kEager: H <- rho^n H + (1 - rho^n) Lambda + sum C, W <- W + H^-1 (target
/// - sum C W).
class MixLearner final {
 public:
  static constexpr std::int64_t kStep = 32;
  static constexpr std::uint64_t kEager = 200;

  MixLearner(std::size_t generators, std::size_t parts);
  /// Returns true when the weights changed. Deltas of another shape (older configuration) are ignored.
  bool Fold(const MixDelta& delta);
  const MixWeights& weights() const { return weights_; }
  /// Learned events.
  std::uint64_t events() const { return events_; }

  void Encode(std::string& to) const;
  /// Of encoded bytes; empty when they are damaged or of another version.
  static std::optional<std::size_t> DimensionsOf(std::string_view bytes);
  static std::size_t DimensionsOf(std::size_t parts);
  /// Empty when the bytes are damaged or of another shape.
  static std::optional<MixLearner> Decode(std::string_view bytes, std::size_t generators, std::size_t parts);

 private:
  void Step();

  MixWeights weights_;
  std::uint64_t events_ = 0;
  std::vector<double> hessian_;  ///< upper triangle
  MixDelta pending_;
};

}  // namespace freshet
