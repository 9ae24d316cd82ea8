#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "freshet/model.h"

namespace freshet {

/// Width of the network's item vectors.
inline constexpr std::size_t kNetWidth = kFactors;
/// Past items that it looks at, the newest last.
inline constexpr std::size_t kNetPlaces = 32;
/// Exponential averages, each with a decay of its own for each dimension.
inline constexpr std::size_t kNetAverages = 4;

struct alignas(64) NetVector {
  std::array<float, kNetWidth> value{};
  float* data() { return value.data(); }
  const float* data() const { return value.data(); }
  float operator[](std::size_t i) const { return value[i]; }
  float& operator[](std::size_t i) { return value[i]; }
};

/// What the mixer learns.
struct MixerWeights {
  std::array<NetVector, kNetAverages> alpha;  ///< weight of each average in the output
  std::array<NetVector, kNetAverages> logit;  ///< decay = sigmoid(logit)
};

/// Decays of about 1.5, 4, 12 and 40 places.
MixerWeights InitialMixerWeights();
/// Keeps decays below .9975, so that sqrt(1 - decay) and its derivative stay finite, and weights bounded.
void ClampMixerWeights(MixerWeights& weights);

/// The decays that belong to weights.
struct MixerRates {
  explicit MixerRates(const MixerWeights& weights);
  std::array<NetVector, kNetAverages> decay;
  std::array<NetVector, kNetAverages> gain;  ///< sqrt(1 - decay)
};

/// The output as a function of the past items is a sum over places: o = sum_p kernel[p] * q[item p], the
/// newest place first. What place p adds to an item's score is (kernel[p] * q[item p]) . q[item].
using PlaceKernels = std::array<NetVector, kNetPlaces>;
PlaceKernels KernelsOf(const MixerWeights& weights);

/// Runs the averages over a sequence and back: c_t = decay c_{t-1} + gain x_t, o_t = sum alpha c_t, from
/// c = 0. Keeps what the way back needs. 40 KiB, no allocation; one thread.
class EmaMixer final {
 public:
  /// Inputs of the sequence, the oldest first; set before Forward.
  std::array<NetVector, kNetPlaces>& inputs() { return x_; }
  /// o_t of the first `length` inputs.
  void Forward(const MixerWeights& weights, const MixerRates& rates, std::size_t length,
               std::span<NetVector> outputs);
  /// From the gradients of o_t to those of the inputs (assigned) and of the weights (added). Only the
  /// outputs from `first` on have gradients.
  struct Backward {
    std::span<const NetVector> outputs;
    std::size_t first = 0;
    std::span<NetVector> inputs;
  };
  void Back(const MixerWeights& weights, const MixerRates& rates, const Backward& gradients,
            MixerWeights& weight_gradients) const;

 private:
  struct alignas(32) Lanes {
    std::array<float, 8> value;
  };
  static constexpr std::size_t kBlocks = kNetWidth / 8;

  std::array<NetVector, kNetPlaces> x_;
  std::array<std::array<std::array<Lanes, kNetAverages>, kNetPlaces>, kBlocks> c_;
};

}  // namespace freshet
