#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash_map.h"
#include "evaluate/ranking_metrics.h"
#include "freshet/model.h"

namespace freshet {

/// What lists are like, beside whether they hit. Needs memory for each item that was ever listed.
class ListStatistics final {
 public:
  struct Values {
    double coverage = 0;  ///< part of the catalogue that was listed
    double gini = 0;      ///< of how often each item of the catalogue was listed: 0 even, 1 one item only
    double mean_popularity = 0;  ///< events of a listed item at the time of its list
    double novelty = 0;          ///< mean of -log2(share of all events) over listed items
    /// Jensen-Shannon divergence, in bits, between how popular the listed items and the taken items were
    /// (distributions over powers of two of their events): 0 the same, 1 nothing in common.
    double popularity_calibration = 0;
  };
  /// `items`: the best first; `events`: all that were learned before the list.
  void AddList(const std::vector<const ItemModel*>& items, std::uint64_t events);
  /// An item that was taken when it had so many events.
  void AddTaken(std::uint64_t item_events);
  /// `catalogue`: number of items at the end.
  Values At(std::size_t cutoff_index, std::size_t catalogue) const;

 private:
  static constexpr std::size_t kPopularityGroups = 65;
  struct AtCutoff {
    ItemMap<std::uint64_t> listed;
    std::array<std::uint64_t, kPopularityGroups> groups{};
    std::uint64_t items = 0;
    double popularity = 0;
    double surprise = 0;
  };
  std::array<AtCutoff, kCutoffs.size()> cutoffs_;
  std::array<std::uint64_t, kPopularityGroups> taken_{};
};

/// Gini coefficient of `counts` among `population` that are at least as many; the others count 0.
double Gini(std::vector<std::uint64_t> counts, std::size_t population);

}  // namespace freshet
