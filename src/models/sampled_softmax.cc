#include "models/sampled_softmax.h"

#include <algorithm>

#include "base/assert.h"
#include "models/fused_lanes.h"
#include "models/lane_product.h"

namespace freshet {

void TouchedRows::Begin(std::size_t items) {
  if (items > step_of_.size()) {
    step_of_.resize(items);
    row_of_.resize(items);
  }
  count_ = 0;
  if (++step_ == 0) {
    std::fill(step_of_.begin(), step_of_.end(), 0);
    step_ = 1;
  }
}

std::uint32_t TouchedRows::Touch(std::uint32_t item) {
  if (step_of_[item] == step_) return row_of_[item];
  FRESHET_ASSERT(count_ < kRowsMax);
  step_of_[item] = step_;
  row_of_[item] = static_cast<std::uint32_t>(count_);
  items_[count_] = item;
  gradients_[count_] = {};
  bias_gradients_[count_] = 0;
  return static_cast<std::uint32_t>(count_++);
}

void SampledSoftmax::Score(const Negatives& negatives, const Targets& targets) {
  const std::size_t used = negatives.vectors.size();
  const std::size_t count = targets.outputs.size();
  columns_ = WholeLanes(count);
  for (std::size_t t = 0; t < columns_; ++t) {
    const bool real = t < count;
    for (std::size_t i = 0; i < kNetWidth; ++i) outputs_[i][t] = real ? targets.outputs[t][i] : 0;
    target_[t] = real ? SumLanes(DotLanes(targets.outputs[t].data(), targets.vectors[t]->data(), kNetWidth)) +
                            targets.biases[t]
                      : 0;
  }
  for (std::size_t n = 0; n < used; ++n) {
    const FloatLanes offset = FillLanes(negatives.offsets[n]);
    for (std::size_t t = 0; t < columns_; t += 8) StoreLanes(&negative_[n][t], offset);
  }
  AddProduct({negative_[0].data(), kNetTargets}, {negatives.vectors[0].data(), kNetWidth, 1},
             {outputs_[0].data(), kNetTargets}, {used, kNetWidth, columns_});
}

float SampledSoftmax::Normalise(std::size_t used, const Targets& targets) {
  const std::size_t count = targets.outputs.size();
  const IntLanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
  float loss = 0;
  for (std::size_t t = 0; t < columns_; t += 8) {
    const FloatLanes target = LoadLanes(&target_[t]);
    FloatLanes largest = target;
    for (std::size_t n = 0; n < used; ++n) largest = Larger(largest, LoadLanes(&negative_[n][t]));
    const FloatLanes own = ExpOrZero(target - largest);
    FloatLanes sum = own;
    for (std::size_t n = 0; n < used; ++n) {
      const FloatLanes power = ExpOrZero(LoadLanes(&negative_[n][t]) - largest);
      StoreLanes(&negative_[n][t], power);
      sum += power;
    }
    const IntLanes real = lane < static_cast<std::int32_t>(count - t);
    const FloatLanes scale = real ? targets.weight / sum : FloatLanes{};
    for (std::size_t n = 0; n < used; ++n) {
      StoreLanes(&negative_[n][t], LoadLanes(&negative_[n][t]) * scale);
    }
    StoreLanes(&target_[t], (real ? own * scale - targets.weight : FloatLanes{}));
    loss += SumLanes(real ? Log2(sum) - (target - largest) * 1.442695041f : FloatLanes{});
  }
  return loss;
}

void SampledSoftmax::Propagate(const Negatives& negatives, const Targets& targets, TouchedRows& touched) {
  const std::size_t used = negatives.vectors.size();
  const std::size_t count = targets.outputs.size();
  for (std::size_t t = 0; t < count; ++t) {
    const FloatLanes d_z = FillLanes(target_[t]);
    float* to = targets.output_gradients[t].data();
    const float* q = targets.vectors[t]->data();
    for (std::size_t i = 0; i < kNetWidth; i += 8) StoreLanes(to + i, d_z * LoadLanes(q + i));
    AddFused(touched.gradient(targets.rows[t]).data(), target_[t], targets.outputs[t].data(), kNetWidth);
    touched.bias_gradient(targets.rows[t]) += target_[t];
  }
  AddProduct({targets.output_gradients[0].data(), kNetWidth}, {negative_[0].data(), 1, kNetTargets},
             {negatives.vectors[0].data(), kNetWidth}, {count, used, kNetWidth});
  AddProduct({touched.gradients()->data(), kNetWidth}, {negative_[0].data(), kNetTargets, 1},
             {targets.outputs[0].data(), kNetWidth}, {used, count, kNetWidth});
  for (std::size_t n = 0; n < used; ++n) {
    FloatLanes sum{};
    for (std::size_t t = 0; t < columns_; t += 8) sum += LoadLanes(&negative_[n][t]);
    touched.bias_gradient(n) += SumLanes(sum);
  }
}

float SampledSoftmax::Run(const Negatives& negatives, const Targets& targets, TouchedRows& touched) {
  Score(negatives, targets);
  const float loss = Normalise(negatives.vectors.size(), targets);
  Propagate(negatives, targets, touched);
  return loss;
}

}  // namespace freshet
