#include "models/ema_mixer.h"

#include <cmath>

#include "models/exact_math.h"
#include "models/fused_lanes.h"

namespace freshet {
namespace {

constexpr float kLogitMax = 6;
constexpr float kAlphaMax = 16;

FloatLanes Sigmoid(FloatLanes x) { return 1.0f / (1.0f + ExpOrZero(-x)); }

}  // namespace

MixerWeights InitialMixerWeights() {
  constexpr std::array<double, kNetAverages> kPlaces = {1.5, 4, 12, 40};
  constexpr std::array<float, kNetAverages> kAlpha = {1, 1, 0.7f, 0.5f};
  MixerWeights weights;
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    const double decay = Exp(-1 / kPlaces[k]);
    weights.alpha[k].value.fill(kAlpha[k]);
    weights.logit[k].value.fill(static_cast<float>(Log(decay / (1 - decay))));
  }
  return weights;
}

void ClampMixerWeights(MixerWeights& weights) {
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    for (std::size_t i = 0; i < kNetWidth; i += 8) {
      float* logit = weights.logit[k].data() + i;
      float* alpha = weights.alpha[k].data() + i;
      StoreLanes(logit, Between(-kLogitMax, LoadLanes(logit), kLogitMax));
      StoreLanes(alpha, Between(-kAlphaMax, LoadLanes(alpha), kAlphaMax));
    }
  }
}

MixerRates::MixerRates(const MixerWeights& weights) {
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    for (std::size_t i = 0; i < kNetWidth; i += 8) {
      const FloatLanes rate = Sigmoid(LoadLanes(weights.logit[k].data() + i));
      StoreLanes(decay[k].data() + i, rate);
      StoreLanes(gain[k].data() + i, SquareRoot(1.0f - rate));
    }
  }
}

PlaceKernels KernelsOf(const MixerWeights& weights) {
  const MixerRates rates(weights);
  PlaceKernels kernels;
  for (std::size_t i = 0; i < kNetWidth; i += 8) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kNetAverages; ++k) {
      FloatLanes share = LoadLanes(weights.alpha[k].data() + i) * LoadLanes(rates.gain[k].data() + i);
      for (NetVector& kernel : kernels) {
        StoreLanes(kernel.data() + i, LoadLanes(kernel.data() + i) + share);
        share *= LoadLanes(rates.decay[k].data() + i);
      }
    }
  }
  return kernels;
}

void EmaMixer::Forward(const MixerWeights& weights, const MixerRates& rates, std::size_t length,
                       std::span<NetVector> outputs) {
  for (std::size_t block = 0; block < kBlocks; ++block) {
    FloatLanes decay[kNetAverages];
    FloatLanes gain[kNetAverages];
    FloatLanes alpha[kNetAverages];
    FloatLanes c[kNetAverages] = {};
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kNetAverages; ++k) {
      decay[k] = LoadLanes(rates.decay[k].data() + 8 * block);
      gain[k] = LoadLanes(rates.gain[k].data() + 8 * block);
      alpha[k] = LoadLanes(weights.alpha[k].data() + 8 * block);
    }
    for (std::size_t t = 0; t < length; ++t) {
      const FloatLanes x = LoadLanes(x_[t].data() + 8 * block);
      FloatLanes o{};
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kNetAverages; ++k) {
        c[k] = FusedMultiplyAdd(decay[k], c[k], gain[k] * x);
        o = FusedMultiplyAdd(alpha[k], c[k], o);
        StoreLanes(c_[block][t][k].value.data(), c[k]);
      }
      StoreLanes(outputs[t].data() + 8 * block, o);
    }
  }
}

void EmaMixer::Back(const MixerWeights& weights, const MixerRates& rates, const Backward& gradients,
                    MixerWeights& weight_gradients) const {
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const std::size_t at = 8 * block;
    FloatLanes dc[kNetAverages] = {};
    FloatLanes dalpha[kNetAverages] = {};
    FloatLanes ddecay[kNetAverages] = {};
    FloatLanes dgain[kNetAverages] = {};
    for (std::size_t t = gradients.outputs.size(); t-- > 0;) {
      const bool loss = t >= gradients.first;
      const FloatLanes d_o = loss ? LoadLanes(gradients.outputs[t].data() + at) : FloatLanes{};
      const FloatLanes x = LoadLanes(x_[t].data() + at);
      FloatLanes dx{};
#pragma GCC unroll 4
      for (std::size_t k = 0; k < kNetAverages; ++k) {
        dc[k] = FusedMultiplyAdd(LoadLanes(weights.alpha[k].data() + at), d_o,
                                 LoadLanes(rates.decay[k].data() + at) * dc[k]);
        dalpha[k] = FusedMultiplyAdd(LoadLanes(c_[block][t][k].value.data()), d_o, dalpha[k]);
        if (t > 0) {
          ddecay[k] = FusedMultiplyAdd(LoadLanes(c_[block][t - 1][k].value.data()), dc[k], ddecay[k]);
        }
        dgain[k] = FusedMultiplyAdd(x, dc[k], dgain[k]);
        dx = FusedMultiplyAdd(LoadLanes(rates.gain[k].data() + at), dc[k], dx);
      }
      StoreLanes(gradients.inputs[t].data() + at, dx);
    }
#pragma GCC unroll 4
    for (std::size_t k = 0; k < kNetAverages; ++k) {
      const FloatLanes decay = LoadLanes(rates.decay[k].data() + at);
      const FloatLanes gain = LoadLanes(rates.gain[k].data() + at);
      float* alpha = weight_gradients.alpha[k].data() + at;
      float* logit = weight_gradients.logit[k].data() + at;
      const FloatLanes total = ddecay[k] - dgain[k] / (2.0f * gain);
      StoreLanes(alpha, LoadLanes(alpha) + dalpha[k]);
      StoreLanes(logit, LoadLanes(logit) + total * decay * (1.0f - decay));
    }
  }
}

}  // namespace freshet
