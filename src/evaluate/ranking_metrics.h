#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "freshet/ids.h"

namespace freshet {

/// Lengths of a list that metrics are reported at.
inline constexpr std::array<std::size_t, 5> kCutoffs = {5, 10, 20, 50, 100};
/// Items that are ranked for one evaluation: the longest cutoff.
inline constexpr std::size_t kRankedMax = kCutoffs.back();

/// An item of a list with its score.
struct ScoredItem {
  ItemKey item;
  double score = 0;
};

/// Place of the target, from 1, where every other item whose score is not lower stands before it: ties count
/// against the model, and so does a score that is no number. Absent, a miss: the target is not in the list,
/// its own score is not finite, or a list cut at kRankedMax ends in a tie with it, whose end nobody saw.
std::optional<std::size_t> RankOf(std::span<const ScoredItem> list, ItemKey target);

/// Metrics of one or many lists, each by kCutoffs. Precision, recall, F1, NDCG, MAP and MRR follow the usual
/// definitions; with several targets recall is over all of them, NDCG's ideal list holds min(k, targets) of
/// them, and average precision is divided by that number too.
struct ListMetrics {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  double map = 0;
  double ndcg = 0;
  double mrr = 0;
  double hit_rate = 0;
};

/// Of one list. `ranks`: places of the targets that were found, ascending; `targets`: how many there were, at
/// least one; all numbers are 0 where there were none.
ListMetrics MetricsOf(std::span<const std::size_t> ranks, std::size_t targets, std::size_t k);

/// Means over lists.
class RankingMetrics final {
 public:
  void Add(std::span<const std::size_t> ranks, std::size_t targets);
  /// A list with one target.
  void Add(std::optional<std::size_t> rank);
  std::uint64_t count() const { return lists_; }
  /// Zeros where there are no lists.
  ListMetrics At(std::size_t cutoff_index) const;

 private:
  std::array<ListMetrics, kCutoffs.size()> sums_{};
  std::uint64_t lists_ = 0;
};

}  // namespace freshet
