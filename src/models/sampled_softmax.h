#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/ema_mixer.h"

namespace freshet {

/// Negatives that one training step draws; all its targets share them.
inline constexpr std::size_t kNetNegatives = 128;

/// One output vector at a time is scored, `targets` of them at most.
inline constexpr std::size_t kNetTargets = kNetPlaces;

/// Gradients of the rows that one step touches, in the order of their first touch. Reusable; one thread.
class TouchedRows final {
 public:
  /// Forgets all rows; items are below `items`.
  void Begin(std::size_t items);
  /// Number of the item's row, its gradient zero at the first call.
  std::uint32_t Touch(std::uint32_t item);
  std::size_t size() const { return count_; }
  std::span<const std::uint32_t> items() const { return {items_.data(), count_}; }
  NetVector& gradient(std::size_t row) { return gradients_[row]; }
  float& bias_gradient(std::size_t row) { return bias_gradients_[row]; }
  NetVector* gradients() { return gradients_.data(); }

  /// Negatives, and targets and inputs of two sequences.
  static constexpr std::size_t kRowsMax = kNetNegatives + 2 * (kNetPlaces + 1);

 private:
  std::uint32_t step_ = 0;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> step_of_;  ///< by item
  std::vector<std::uint32_t> row_of_;   ///< by item
  std::array<std::uint32_t, kRowsMax> items_{};
  std::array<NetVector, kRowsMax> gradients_;
  std::array<float, kRowsMax> bias_gradients_{};
};

/// Softmax of a target against sampled negatives whose scores are corrected by how often they are drawn
/// (logQ: Bengio, Senecal 2008; Yi et al. 2019), and its gradients. No allocation; one thread.
class SampledSoftmax final {
 public:
  /// The step's negatives. The row of negative n in TouchedRows is n.
  struct Negatives {
    std::span<const NetVector> vectors;
    std::span<const float> offsets;  ///< bias - log(expected draws); kNoNegative: not for these targets
  };
  static constexpr float kNoNegative = -1e30f;
  struct Targets {
    std::span<const NetVector> outputs;         ///< o_t, one for each target
    std::span<const NetVector* const> vectors;  ///< q of each target
    std::span<const float> biases;              ///< b of each target
    std::span<const std::uint32_t> rows;        ///< in TouchedRows
    std::span<NetVector> output_gradients;      ///< assigned
    float weight = 1;                           ///< of each target's loss
  };
  /// Adds the gradients of vectors and biases to `touched`; returns the sum of the losses in bits,
  /// unweighted.
  float Run(const Negatives& negatives, const Targets& targets, TouchedRows& touched);

 private:
  void Score(const Negatives& negatives, const Targets& targets);
  float Normalise(std::size_t used, const Targets& targets);
  void Propagate(const Negatives& negatives, const Targets& targets, TouchedRows& touched);

  using ByTarget = std::array<float, kNetTargets>;
  std::size_t columns_ = 0;                                     ///< targets, rounded up to whole lanes
  alignas(64) std::array<ByTarget, kNetWidth> outputs_{};       ///< o transposed
  alignas(64) std::array<ByTarget, kNetNegatives> negative_{};  ///< scores, then gradients
  alignas(64) ByTarget target_{};                               ///< scores, then gradients
};

}  // namespace freshet
