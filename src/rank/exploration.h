#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

/// Now and then a list has an item that the models know too little of to list it, so that they learn.
struct ExplorationOptions {
  double share = 0;       ///< of all listed items, on the average; 0: none. At most 0.05
  std::size_t place = 0;  ///< where it stands, from 1; 0: last
  double spread = 1;      ///< how unsure the score of an item without an event is, in log odds
};

/// An item that may be explored.
struct Explorable {
  ItemKey item;
  double score = 0;
  std::uint64_t events = 0;  ///< evidence behind the score
};

/// Thompson sampling: each item's score is drawn from a logistic distribution around what the mix says, of
/// scale spread / sqrt(1 + events), and the highest draw wins. The draws are hashes of `seed` and the item,
/// so that the same list is made again from the same state.
class ThompsonSampler final {
 public:
  ThompsonSampler(double spread, std::uint64_t seed) : spread_(spread), seed_(seed) {}

  /// Index of the highest draw. There is at least one item. Ties: the smaller key.
  std::size_t Draw(std::span<const Explorable> items) const;
  /// How probable it was that this item had the highest draw, by numeric integration over its own draws.
  double ProbabilityOf(std::size_t index, std::span<const Explorable> items) const;

 private:
  double ScaleOf(const Explorable& item) const;
  double spread_;
  std::uint64_t seed_;
};

/// Whether a list of k items explores: with probability share * k, at most 1, by a hash of the seed.
bool Explores(const ExplorationOptions& options, std::size_t k, std::uint64_t seed);
double ExploringProbability(const ExplorationOptions& options, std::size_t k);

}  // namespace freshet
