// The network's gradients against central differences, part by part and through the whole.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "base/random.h"
#include "models/ema_mixer.h"
#include "models/sampled_softmax.h"

namespace freshet {
namespace {

constexpr std::size_t kLength = 11;
constexpr std::size_t kFirst = 3;  ///< outputs from here on have targets
constexpr std::size_t kNegativeCount = 9;

void FillRandomly(NetVector& vector, Random& random, double scale) {
  for (float& element : vector.value) element = static_cast<float>(scale * (2 * random.Uniform() - 1));
}

/// A tiny instance whose loss is computed in double by the definition.
struct Instance {
  explicit Instance(std::uint64_t seed) {
    Random random(seed);
    for (NetVector& vector : inputs) FillRandomly(vector, random, 0.7);
    for (NetVector& vector : targets) FillRandomly(vector, random, 0.7);
    for (NetVector& vector : negatives) FillRandomly(vector, random, 0.7);
    for (float& bias : biases) bias = static_cast<float>(random.Uniform() - 0.5);
    for (float& offset : offsets) offset = static_cast<float>(4 * random.Uniform() - 2);
    weights = InitialMixerWeights();
    for (std::size_t k = 0; k < kNetAverages; ++k) {
      NetVector change;
      FillRandomly(change, random, 0.3);
      for (std::size_t i = 0; i < kNetWidth; ++i) {
        weights.alpha[k][i] += change[i];
        weights.logit[k][i] -= change[i];
      }
    }
  }
  double Loss() const;

  std::array<NetVector, kLength> inputs;
  std::array<NetVector, kLength - kFirst> targets;
  std::array<NetVector, kNegativeCount> negatives;
  std::array<float, kLength - kFirst> biases{};
  std::array<float, kNegativeCount> offsets{};
  MixerWeights weights;
};

double DotOf(const std::array<double, kNetWidth>& o, const NetVector& q) {
  double sum = 0;
  for (std::size_t i = 0; i < kNetWidth; ++i) sum += o[i] * static_cast<double>(q[i]);
  return sum;
}

double Instance::Loss() const {
  std::array<std::array<double, kNetWidth>, kNetAverages> c{};
  double loss = 0;
  for (std::size_t t = 0; t < kLength; ++t) {
    std::array<double, kNetWidth> o{};
    for (std::size_t k = 0; k < kNetAverages; ++k) {
      for (std::size_t i = 0; i < kNetWidth; ++i) {
        const double decay = 1 / (1 + std::exp(-static_cast<double>(weights.logit[k][i])));
        c[k][i] = decay * c[k][i] + std::sqrt(1 - decay) * static_cast<double>(inputs[t][i]);
        o[i] += static_cast<double>(weights.alpha[k][i]) * c[k][i];
      }
    }
    if (t < kFirst) continue;
    const double own = DotOf(o, targets[t - kFirst]) + static_cast<double>(biases[t - kFirst]);
    double sum = std::exp(own);
    for (std::size_t n = 0; n < kNegativeCount; ++n) {
      sum += std::exp(DotOf(o, negatives[n]) + static_cast<double>(offsets[n]));
    }
    loss += std::log(sum) - own;
  }
  return loss / static_cast<double>(kLength - kFirst);
}

struct Gradients {
  std::array<NetVector, kLength> inputs;
  MixerWeights weights;
  TouchedRows rows;
  double loss = 0;
};

void ComputeGradients(const Instance& instance, Gradients& gradients) {
  constexpr std::size_t kTargets = kLength - kFirst;
  EmaMixer mixer;
  std::array<NetVector, kLength> outputs;
  std::array<NetVector, kLength> output_gradients;
  const MixerRates rates(instance.weights);
  for (std::size_t t = 0; t < kLength; ++t) mixer.inputs()[t] = instance.inputs[t];
  mixer.Forward(instance.weights, rates, kLength, outputs);
  gradients.rows.Begin(kNegativeCount + kTargets);
  for (std::uint32_t n = 0; n < kNegativeCount; ++n) gradients.rows.Touch(n);
  std::array<const NetVector*, kTargets> vectors;
  std::array<std::uint32_t, kTargets> rows;
  for (std::uint32_t t = 0; t < kTargets; ++t) {
    vectors[t] = &instance.targets[t];
    rows[t] = gradients.rows.Touch(static_cast<std::uint32_t>(kNegativeCount) + t);
  }
  SampledSoftmax softmax;
  const float weight = 1.0f / static_cast<float>(kTargets);
  const SampledSoftmax::Targets targets{{&outputs[kFirst], kTargets},          vectors, instance.biases, rows,
                                        {&output_gradients[kFirst], kTargets}, weight};
  const float bits = softmax.Run({instance.negatives, instance.offsets}, targets, gradients.rows);
  gradients.loss = static_cast<double>(bits * weight) * std::log(2.0);
  mixer.Back(instance.weights, rates, {output_gradients, kFirst, gradients.inputs}, gradients.weights);
}

/// The slope of the loss in one number, by central differences.
double Slope(Instance& instance, float& number) {
  const float before = number;
  const float step = 1e-3f;
  number = before + step;
  const double up = instance.Loss();
  const double above = static_cast<double>(number);
  number = before - step;
  const double down = instance.Loss();
  const double width = above - static_cast<double>(number);
  number = before;
  return (up - down) / width;
}

void ExpectSlopes(Instance& instance, NetVector& vector, const NetVector& gradient, const char* what) {
  for (std::size_t i = 0; i < kNetWidth; i += 5) {
    const double slope = Slope(instance, vector[i]);
    EXPECT_NEAR(static_cast<double>(gradient[i]), slope, 1e-5 + 1e-3 * std::abs(slope)) << what << " " << i;
  }
}

TEST(NetGradient, TheLossIsThatOfTheDefinition) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Instance instance(seed);
    Gradients gradients;
    ComputeGradients(instance, gradients);
    EXPECT_NEAR(gradients.loss, instance.Loss(), 1e-4);
  }
}

TEST(NetGradient, InputsAndMixer) {
  Instance instance(4);
  Gradients gradients;
  ComputeGradients(instance, gradients);
  for (std::size_t t = 0; t < kLength; ++t) {
    ExpectSlopes(instance, instance.inputs[t], gradients.inputs[t], "input");
  }
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    ExpectSlopes(instance, instance.weights.alpha[k], gradients.weights.alpha[k], "alpha");
    ExpectSlopes(instance, instance.weights.logit[k], gradients.weights.logit[k], "logit");
  }
}

TEST(NetGradient, TargetsAndNegatives) {
  Instance instance(5);
  Gradients gradients;
  ComputeGradients(instance, gradients);
  for (std::size_t n = 0; n < kNegativeCount; ++n) {
    ExpectSlopes(instance, instance.negatives[n], gradients.rows.gradient(n), "negative");
    EXPECT_NEAR(static_cast<double>(gradients.rows.bias_gradient(n)), Slope(instance, instance.offsets[n]),
                1e-4);
  }
  for (std::size_t t = 0; t < kLength - kFirst; ++t) {
    const std::size_t row = kNegativeCount + t;
    ExpectSlopes(instance, instance.targets[t], gradients.rows.gradient(row), "target");
    EXPECT_NEAR(static_cast<double>(gradients.rows.bias_gradient(row)), Slope(instance, instance.biases[t]),
                1e-4);
  }
}

TEST(NetGradient, KernelsGiveTheSameOutputAsTheRecurrence) {
  const Instance instance(6);
  EmaMixer mixer;
  std::array<NetVector, kLength> outputs;
  for (std::size_t t = 0; t < kLength; ++t) mixer.inputs()[t] = instance.inputs[t];
  mixer.Forward(instance.weights, MixerRates(instance.weights), kLength, outputs);
  const PlaceKernels kernels = KernelsOf(instance.weights);
  for (std::size_t i = 0; i < kNetWidth; ++i) {
    double sum = 0;
    for (std::size_t p = 0; p < kLength; ++p) {
      sum += static_cast<double>(kernels[p][i] * instance.inputs[kLength - 1 - p][i]);
    }
    EXPECT_NEAR(sum, static_cast<double>(outputs[kLength - 1][i]), 1e-5);
  }
}

}  // namespace
}  // namespace freshet
