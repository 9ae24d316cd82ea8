#include "models/next_item_net.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "models/fused_lanes.h"

namespace freshet {
namespace {

constexpr double kInitialDeviation = 0.05;
constexpr std::size_t kPrefetch = 6;  // rows ahead

/// Nearly normal (the sum of four uniform numbers), from the item's key alone.
NetVector InitialVector(ItemKey item) {
  Random random(item.value);
  const double scale = kInitialDeviation * std::sqrt(12.0 / 4.0);
  NetVector vector;
  for (float& element : vector.value) {
    double sum = -2;
    for (int i = 0; i < 4; ++i) sum += random.Uniform();
    element = static_cast<float>(scale * sum);
  }
  return vector;
}

/// Rows lie apart in memory; asked for early, they come side by side.
template <typename Row>
void Prefetch(const Row& row) {
  const auto* bytes = reinterpret_cast<const char*>(&row);
  for (std::size_t i = 0; i < sizeof(Row); i += 64) __builtin_prefetch(bytes + i);
}

std::uint32_t High(std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> 32); }
std::uint32_t Low(std::uint64_t bits) { return static_cast<std::uint32_t>(bits); }
std::size_t Scale(std::uint32_t random, std::size_t bound) { return (random * std::uint64_t{bound}) >> 32; }

/// 64 bits, each set with the probability of_64 / 64: the comparison of 64 six-bit numbers at once.
std::uint64_t DrawBits(Random& random, std::uint64_t of_64) {
  if (of_64 >= 64) return ~std::uint64_t{0};
  std::uint64_t bits = 0;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t next = random.Next();
    bits = (of_64 >> i & 1) != 0 ? bits | next : bits & next;
  }
  return bits;
}

/// All bits of lane i set where bit i of the lowest eight is.
IntLanes LanesOf(std::uint64_t bits) {
  const IntLanes lane_bit = {1, 2, 4, 8, 16, 32, 64, 128};
  const auto low = static_cast<std::int32_t>(bits & 0xff);
  const IntLanes all = {low, low, low, low, low, low, low, low};
  return (all & lane_bit) != 0;
}

}  // namespace

NextItemNet::NextItemNet(const NextItemNetOptions& options)
    : options_(options),
      keep_of_64_(static_cast<std::uint64_t>(std::lround(64 * (1 - options.dropout)))),
      random_(options.seed),
      item_adam_(static_cast<float>(options.rate)),
      alpha_adam_(static_cast<float>(options.mixer_rate)),
      logit_adam_(static_cast<float>(3 * options.mixer_rate)),
      mixer_(InitialMixerWeights()),
      rates_(mixer_),
      history_(options.events_max) {
  FRESHET_ASSERT(keep_of_64_ >= 1 && keep_of_64_ <= 64);
}

std::optional<std::uint32_t> NextItemNet::Find(ItemKey item) const {
  const auto found = index_.find(item);
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t NextItemNet::AddItem(ItemKey item) {
  const auto number = static_cast<std::uint32_t>(keys_.size());
  index_.emplace(item, number);
  keys_.push_back(item);
  vectors_.push_back(InitialVector(item));
  moments_.emplace_back();
  biases_.emplace_back();
  item_steps_.push_back(0);
  return number;
}

std::optional<std::uint32_t> NextItemNet::FindOrAdd(ItemKey item) {
  if (const auto known = Find(item)) return known;
  if (keys_.size() < options_.items_max) return AddItem(item);
  ++statistics_.refused_items;
  return std::nullopt;
}

void NextItemNet::Remember(std::uint64_t user, ItemKey item) {
  if (const auto number = FindOrAdd(item)) history_.Add(user, *number);
}

void NextItemNet::Learn(std::uint64_t user, ItemKey item) {
  const auto number = FindOrAdd(item);
  if (!number) return;
  const std::span<const std::uint32_t> items = history_.Items(user);
  if (!items.empty() && std::find(items.begin(), items.end(), *number) == items.end()) {
    Train(user, *number);
  }
  history_.Add(user, *number);
}

void NextItemNet::Mark(std::uint64_t user) {
  if (++mark_ == 0) {
    std::fill(marks_.begin(), marks_.end(), 0);
    mark_ = 1;
  }
  for (const std::uint32_t item : history_.Items(user)) marks_[item] = mark_;
}

void NextItemNet::DrawNegatives(const Sequence& replayed) {
  std::array<std::uint32_t, kNetNegatives> drawn;
  for (std::size_t i = 0; i < kNetNegatives; i += 2) {
    const std::uint64_t bits = random_.Next();
    drawn[i] = static_cast<std::uint32_t>(Scale(High(bits), keys_.size()));
    drawn[i + 1] = history_.DrawRecent(Low(bits));
    Prefetch(vectors_[drawn[i]]);
    Prefetch(vectors_[drawn[i + 1]]);
  }
  Mark(replayed.user);
  const auto masked = [this](std::uint32_t item) { return marks_[item] == mark_; };
  std::stable_partition(drawn.begin(), drawn.end(), [&](std::uint32_t item) { return !masked(item); });
  const double uniform = 0.5 / static_cast<double>(keys_.size());
  const double recent = 0.5 / static_cast<double>(history_.recent_events());
  negatives_ = 0;
  replay_negatives_ = 0;
  for (const std::uint32_t item : drawn) {
    const std::uint32_t row = touched_.Touch(item);
    if (row < negatives_) {
      draws_[row] += 1;
      continue;
    }
    draws_[row] = 1;
    negative_vectors_[row] = vectors_[item];
    const double probability = uniform + recent * history_.recent(item);
    offsets_[row] = static_cast<float>(kNetNegatives * probability);
    ++negatives_;
    if (!masked(item)) replay_negatives_ = negatives_;
  }
  // Drawn n times, it stands for n terms of the sum: one term with log n more.
  for (std::size_t n = 0; n < kNetNegatives; n += 8) {
    const FloatLanes expected =
        n < negatives_ ? Larger(LoadLanes(&offsets_[n]), FillLanes(1e-30f)) : FillLanes(1);
    const FloatLanes drawn_times = Larger(LoadLanes(&draws_[n]), FillLanes(1));
    StoreLanes(&offsets_[n], Log2(drawn_times / expected) * 0.693147181f);
  }
  for (std::size_t n = 0; n < negatives_; ++n) offsets_[n] += biases_[touched_.items()[n]].value;
}

void NextItemNet::OffsetsFor(const Sequence& sequence, std::size_t used) {
  Mark(sequence.user);
  marks_[sequence.targets.back()] = mark_;
  for (std::size_t n = 0; n < used; ++n) {
    const bool masked = marks_[touched_.items()[n]] == mark_;
    own_offsets_[n] = masked ? SampledSoftmax::kNoNegative : offsets_[n];
  }
}

void NextItemNet::FillInputs(const Sequence& sequence) {
  const FloatLanes scale = FillLanes(64.0f / static_cast<float>(keep_of_64_));
  for (std::size_t t = 0; t < sequence.inputs.size(); ++t) {
    kept_[t] = DrawBits(random_, keep_of_64_);
    const float* from = vectors_[sequence.inputs[t]].data();
    float* to = ema_.inputs()[t].data();
    for (std::size_t i = 0; i < kNetWidth; i += 8) {
      StoreLanes(to + i, LanesOf(kept_[t] >> i) ? scale * LoadLanes(from + i) : FloatLanes{});
    }
  }
}

void NextItemNet::ReturnInputs(const Sequence& sequence) {
  const FloatLanes scale = FillLanes(64.0f / static_cast<float>(keep_of_64_));
  for (std::size_t t = 0; t < sequence.inputs.size(); ++t) {
    const float* from = input_gradients_[t].data();
    float* to = touched_.gradient(touched_.Touch(sequence.inputs[t])).data();
    for (std::size_t i = 0; i < kNetWidth; i += 8) {
      const FloatLanes returned = LanesOf(kept_[t] >> i) ? scale * LoadLanes(from + i) : FloatLanes{};
      StoreLanes(to + i, LoadLanes(to + i) + returned);
    }
  }
}

void NextItemNet::RunSequence(const Sequence& sequence, std::size_t used, float weight) {
  const std::size_t length = sequence.inputs.size();
  const std::size_t first = length - sequence.targets.size();
  FillInputs(sequence);
  ema_.Forward(mixer_, rates_, length, outputs_);
  std::array<const NetVector*, kNetTargets> vectors;
  std::array<float, kNetTargets> biases;
  std::array<std::uint32_t, kNetTargets> rows;
  const std::size_t count = sequence.targets.size();
  for (std::size_t t = 0; t < count; ++t) {
    const std::uint32_t item = sequence.targets[t];
    vectors[t] = &vectors_[item];
    biases[t] = biases_[item].value;
    rows[t] = touched_.Touch(item);
  }
  const SampledSoftmax::Targets targets{{&outputs_[first], count},
                                        {vectors.data(), count},
                                        {biases.data(), count},
                                        {rows.data(), count},
                                        {&output_gradients_[first], count},
                                        weight};
  statistics_.loss += static_cast<double>(
      weight *
      softmax_.Run({{negative_vectors_.data(), used}, {own_offsets_.data(), used}}, targets, touched_));
  ema_.Back(mixer_, rates_, {{output_gradients_.data(), length}, first, input_gradients_}, mixer_gradient_);
  ReturnInputs(sequence);
}

void NextItemNet::Train(std::uint64_t user, std::uint32_t target) {
  touched_.Begin(keys_.size());
  marks_.resize(keys_.size());
  mixer_gradient_ = {};
  statistics_.loss = 0;
  const auto segment = history_.DrawSegment(random_);
  Sequence replayed;
  if (segment)
    replayed = {segment->user, segment->items.first(segment->items.size() - 1), segment->items.subspan(1)};
  DrawNegatives(replayed);
  const float weight = 1.0f / static_cast<float>(1 + replayed.targets.size());
  if (segment) {
    std::copy_n(offsets_.begin(), replay_negatives_, own_offsets_.begin());
    RunSequence(replayed, replay_negatives_, weight);
  }
  const std::span<const std::uint32_t> items = history_.Items(user);
  const Sequence newest{user, items.last(std::min(items.size(), kNetPlaces)), {&target, 1}};
  OffsetsFor(newest, negatives_);
  RunSequence(newest, negatives_, weight);
  Update();
}

void NextItemNet::Update() {
  ++statistics_.steps;
  const auto steps = static_cast<std::uint32_t>(std::min<std::uint64_t>(statistics_.steps, 1U << 30));
  for (std::size_t row = 0; row < touched_.size(); ++row) {
    const std::uint32_t item = touched_.items()[row];
    if (row + kPrefetch < touched_.size()) Prefetch(moments_[touched_.items()[row + kPrefetch]]);
    const std::uint32_t item_steps = item_steps_[item] = std::min(item_steps_[item] + 1, 1U << 30);
    item_adam_.Step(touched_.gradient(row), item_steps, moments_[item], vectors_[item]);
    item_adam_.Step(touched_.bias_gradient(row), item_steps, biases_[item]);
  }
  for (std::size_t k = 0; k < kNetAverages; ++k) {
    alpha_adam_.Step(mixer_gradient_.alpha[k], steps, alpha_moments_[k], mixer_.alpha[k]);
    logit_adam_.Step(mixer_gradient_.logit[k], steps, logit_moments_[k], mixer_.logit[k]);
  }
  ClampMixerWeights(mixer_);
  rates_ = MixerRates(mixer_);
}

}  // namespace freshet
