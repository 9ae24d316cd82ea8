#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "rank/mix_delta.h"

namespace freshet {

/// Owner of the mix's weights: online Newton steps over folded deltas (Bishop 2006, 4.3.3, one step at a
/// time, no longer than a trust region: Nocedal, Wright 2006, 4). Every kStep learned events, every delta for
/// the first kEager: H <- rho^n H + (1 - rho^n) Lambda + sum C, W <- W + H^-1 (target
/// - sum C W). H starts as twice to three times Lambda.
class MixLearner final {
 public:
  static constexpr std::int64_t kStep = 32;
  static constexpr std::uint64_t kEager = 200;

  MixLearner(std::size_t generators, std::size_t parts);
  /// Returns true when the weights changed: nothing is pending then. Deltas of another shape (older
  /// configuration) are ignored.
  bool Fold(const MixDelta& delta);
  const MixWeights& weights() const { return weights_; }
  /// Learned events.
  std::uint64_t events() const { return events_; }
  /// What a user's effects are learned with: (mean C + 0.02 I)^-1, parts x parts, row-major.
  std::vector<float> UserGain() const;
  /// As the view shows it.
  MixModel ToModel() const;

  /// Of what was learned up to the last change of the weights; pending deltas are the caller's to keep.
  void Encode(std::string& to) const;
  /// Parts of encoded bytes; empty when they are damaged or of another version.
  static std::optional<std::size_t> PartsOf(std::string_view bytes);
  /// Empty when the bytes are damaged or of another shape.
  static std::optional<MixLearner> Decode(std::string_view bytes, std::size_t generators, std::size_t parts);

 private:
  void Step();
  void LearnMeanCurvature();

  MixWeights weights_;
  std::uint64_t events_ = 0;
  std::vector<double> hessian_;         ///< upper triangle
  std::vector<double> mean_curvature_;  ///< of C, parts x parts, upper triangle
  std::int64_t pending_events_ = 0;
  std::vector<double> pending_target_;
  std::vector<double> pending_curvature_;
};

}  // namespace freshet
