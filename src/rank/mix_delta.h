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

/// Entries of the upper triangle of an n x n matrix, row by row.
constexpr std::size_t TriangleSize(std::size_t n) { return n * (n + 1) / 2; }

/// What learned events say about the mix: sums, so that partitions and batches merge. For each event with
/// features f of the shortlist, contexts phi, softmax q under the weights W it was ranked with, and the taken
/// item i, each times what the lesson counts:
///   C = sum_j q_j f_j f_j' - mu mu',   t = f_i - mu + C W phi;
/// the sums are of phi x t and (phi phi') x C. The gradient at other weights follows to second order, so a
/// delta made with older weights still teaches the right step. Few lessons travel one by one (phi, t and C:
/// 1 KB), many as the sums (100 KB).
class MixDelta final {
 public:
  explicit MixDelta(std::size_t parts = 0) : parts_(parts) {}

  /// What a lesson is computed from: the shortlist, and the weights that it was ranked with.
  struct Scene {
    const FeatureTable& features;
    const MixContext& context;
    const MixWeights& weights;
    std::span<const float> effects;  ///< the user's own
    /// Part of the lessons in which any row is as likely as another: a lesson counts by the probability that
    /// it is none of them (a step of expectation maximisation).
    double chance = 0;
  };
  /// Learns that row `taken` of the table was taken; with sign -1 takes that back, as Subtract does. Costs
  /// rows * parts^2 / 2.
  void Learn(const Scene& scene, std::size_t taken, int sign = 1);
  /// f_i - mu of the last Learn, times what it counted.
  std::span<const double> gradient() const { return gradient_; }
  void Merge(const MixDelta& other) { Take(other, 1); }
  /// Takes lessons back: the Newton step of removal (Guo, Goldstein, Hannun, van der Maaten 2020) at the
  /// weights they were computed with. Exact where these are the weights of the lesson itself.
  void Subtract(const MixDelta& other) { Take(other, -1); }
  /// Lessons learned, less those taken back.
  std::int64_t events() const { return events_; }
  bool empty() const { return lessons_.empty() && target_.empty(); }
  std::size_t parts() const { return parts_; }
  std::size_t dimensions() const { return kMixContexts * parts_; }
  /// Adds the sums: `target` has dimensions() entries, `curvature` the upper triangle of their square.
  void AddTo(std::span<double> target, std::span<double> curvature) const;

  void Encode(std::string& to) const;
  /// Empty when the bytes are damaged or of another version.
  static std::optional<MixDelta> Decode(std::string_view bytes);

 private:
  static constexpr std::size_t kLessonsKept = 48;
  std::size_t Stride() const { return 1 + kMixContexts + parts_ + TriangleSize(parts_); }
  std::size_t Lessons() const { return lessons_.size() / Stride(); }
  void Take(const MixDelta& other, double sign);
  void CancelLast();
  void Sum();

  std::size_t parts_;
  std::int64_t events_ = 0;
  std::vector<double> lessons_;  ///< each: sign, phi, t, upper triangle of C
  std::vector<double> target_;   ///< the sums of those that are not kept one by one; empty: none
  std::vector<double> curvature_;
  std::vector<double> gradient_;
  std::vector<double> probabilities_;  ///< scratch of Learn
};

}  // namespace freshet
