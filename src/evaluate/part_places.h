#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/report.h"
#include "freshet/ids.h"
#include "rank/candidate_pool.h"

namespace freshet {

/// Where the taken items stood in the lists of the mix and in those that each of its generators alone would
/// have given at the same moments: which of them would have been the better model, and when. One byte a part
/// and list is kept, so that the tenths can be cut when all is scored.
class PartPlaces final {
 public:
  /// `mix`: the name of the model that ranks; then the generators in their order.
  PartPlaces(const std::string& mix, std::vector<std::string> generators);
  /// The target's place in the mix's list, and the pool that the list was made from.
  void Add(std::optional<std::size_t> of_mix, const CandidatePool& pool, ItemKey target);
  /// Tenths hold equally many lists, up to one.
  PartHits Hits() const;

 private:
  std::vector<std::string> names_;
  std::vector<std::uint8_t> places_;  ///< lists x parts; 0: a miss
};

}  // namespace freshet
