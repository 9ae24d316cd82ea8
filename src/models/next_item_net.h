#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/hash_map.h"
#include "base/random.h"
#include "models/ema_mixer.h"
#include "models/lazy_adam.h"
#include "models/net_history.h"
#include "models/sampled_softmax.h"

namespace freshet {

struct NextItemNetOptions {
  std::uint64_t seed = 1;
  double rate = 0.0015;             ///< of item vectors and biases
  double mixer_rate = 0.001;        ///< of the averages' weights; three times that for their decays
  double dropout = 0.7;             ///< of each element of an input, in training; a multiple of 1/64 is used
  std::size_t items_max = 131'072;  ///< later items are not learned; 800 bytes an item
  std::size_t events_max = 1'000'000;  ///< ring of events for replay; 16 bytes an event
};

/// The next-item network: item vectors that serve as input and as output, and four exponential averages of
/// a user's last items with learned decays. The score of item j after the inputs x_1..x_t is
/// o_t . q_j + b_j, its probability among all items the softmax of that. Learns from one event at a time, in
/// one step on that event and one replayed segment: sampled softmax with logQ correction, the user's own
/// items never negatives, dropout of inputs, lazy Adam. All arithmetic has a fixed order and every random
/// number comes from the state, so the same events give the same bits. One thread; no allocation in a step
/// but where a new item or user is stored.
class NextItemNet final {
 public:
  explicit NextItemNet(const NextItemNetOptions& options);

  /// A user's positive event. Trains with it where the user has other items, then remembers it. An item
  /// that the user already has only becomes the newest.
  void Learn(std::uint64_t user, ItemKey item);
  /// Remembers it without training: for what a bounded budget leaves out.
  void Remember(std::uint64_t user, ItemKey item);

  std::size_t items() const { return keys_.size(); }
  std::optional<std::uint32_t> Find(ItemKey item) const;
  ItemKey key(std::uint32_t item) const { return keys_[item]; }
  std::span<const NetVector> vectors() const { return vectors_; }
  const LazyAdam::Scalar& bias(std::uint32_t item) const { return biases_[item]; }
  const AdamMoments& moments(std::uint32_t item) const { return moments_[item]; }
  std::uint32_t item_steps(std::uint32_t item) const { return item_steps_[item]; }
  const MixerWeights& mixer() const { return mixer_; }
  const NetHistory& history() const { return history_; }
  const NextItemNetOptions& options() const { return options_; }
  /// Users whose rows changed since the last call; to be taken now and then, as they add up.
  std::vector<std::uint64_t> TakeChangedUsers() { return history_.TakeChangedUsers(); }

  struct Statistics {
    std::uint64_t steps = 0;
    std::uint64_t refused_items = 0;  ///< events of items beyond items_max
    double loss = 0;                  ///< bits a target, of the last step
  };
  const Statistics& statistics() const { return statistics_; }
  /// Items whose vector the last step changed.
  std::span<const std::uint32_t> touched() const { return touched_.items(); }

 private:
  friend class NextItemNetCodec;

  struct Sequence {
    std::uint64_t user = 0;
    std::span<const std::uint32_t> inputs;   ///< the oldest first
    std::span<const std::uint32_t> targets;  ///< of the last inputs
  };
  std::optional<std::uint32_t> FindOrAdd(ItemKey item);
  std::uint32_t AddItem(ItemKey item);
  void Train(std::uint64_t user, std::uint32_t target);
  void DrawNegatives(const Sequence& replayed);
  void Mark(std::uint64_t user);
  void OffsetsFor(const Sequence& sequence, std::size_t used);
  void RunSequence(const Sequence& sequence, std::size_t used, float weight);
  void FillInputs(const Sequence& sequence);
  void ReturnInputs(const Sequence& sequence);
  void Update();

  NextItemNetOptions options_;
  std::uint64_t keep_of_64_;  ///< elements of an input that dropout keeps, of 64
  Random random_;
  LazyAdam item_adam_;
  LazyAdam alpha_adam_;
  LazyAdam logit_adam_;

  std::vector<ItemKey> keys_;
  ItemMap<std::uint32_t> index_;
  std::vector<NetVector> vectors_;
  std::vector<AdamMoments> moments_;
  std::vector<LazyAdam::Scalar> biases_;
  std::vector<std::uint32_t> item_steps_;

  MixerWeights mixer_;
  std::array<AdamMoments, kNetAverages> alpha_moments_;
  std::array<AdamMoments, kNetAverages> logit_moments_;
  MixerRates rates_;
  NetHistory history_;
  Statistics statistics_;

  // Of one step.
  TouchedRows touched_;
  SampledSoftmax softmax_;
  EmaMixer ema_;
  MixerWeights mixer_gradient_;
  std::uint32_t mark_ = 0;
  std::vector<std::uint32_t> marks_;  ///< by item
  std::size_t negatives_ = 0;
  std::size_t replay_negatives_ = 0;  ///< the first ones are for the replayed segment
  std::array<NetVector, kNetNegatives> negative_vectors_;
  std::array<float, kNetNegatives> draws_{};        ///< expected ones
  std::array<float, kNetNegatives> offsets_{};      ///< for both sequences
  std::array<float, kNetNegatives> own_offsets_{};  ///< for the sequence at hand
  std::array<NetVector, kNetPlaces> outputs_;
  std::array<NetVector, kNetPlaces> output_gradients_;
  std::array<NetVector, kNetPlaces> input_gradients_;
  std::array<std::uint64_t, kNetPlaces> kept_{};  ///< dropout: a bit for each element
};

}  // namespace freshet
