#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rank/candidate_pool.h"
#include "rank/list_caps.h"
#include "rank/list_policy.h"

namespace freshet {

/// One place of a list.
struct Placed {
  std::uint32_t row = 0;  ///< in the shortlist
  std::array<double, kPolicyParts.size()> policy_parts{};
  bool pinned = false;
  bool explored = false;
  double propensity = 0;  ///< probability that the list has the item; 0 where lists do not explore
};

/// The shortlist with the mix's score of each row. Borrowed.
struct ScoredCandidates {
  const CandidatePool& pool;
  std::span<const double> scores;
};

/// Puts scored candidates into the order of a policy: what its rules pin in their places; then, place by
/// place, the best by score with what the rules add to it and what likeness to the places before takes from
/// it, as far as the caps allow. Scores fall from place to place, pins apart. A function of its arguments;
/// keeps its memory between lists. One thread.
class Arrangement final {
 public:
  /// At most signals.k places, the first of the list first. Valid until the next call.
  std::span<const Placed> Make(const ScoredCandidates& candidates, const UserSignals& signals);

 private:
  void Order(const ScoredCandidates& candidates, const ListPolicy& policy);
  void HoldPins(const RuleBook& rules, std::size_t k);
  void HoldPin(const Rule& pin);
  void LeaveOutTheRest(std::span<const double> scores);
  void Fill(ListCaps& caps, double diversity);
  std::optional<std::uint32_t> Best(const ListCaps& caps, double diversity);
  void Take(std::uint32_t row, ListCaps& caps);
  double LikenessOf(std::uint32_t row);
  void Explore(const ListCaps& caps, const ExplorationOptions& options, std::uint64_t seed);
  void GatherExplorable(const ListCaps& caps);
  void Insert(const Placed& explored, std::size_t at, std::size_t last);

  struct Candidate {
    const ItemModel* item = nullptr;
    double amount = 0;         ///< of the rules
    double score = 0;          ///< with it
    float inverse_length = 0;  ///< of the factor
    bool taken = false;
    float likeness = 0;        ///< the highest to those taken...
    std::size_t compared = 0;  ///< ...of which it is compared with so many
  };
  std::vector<Candidate> candidates_;               // by row
  std::vector<std::uint32_t> order_;                // rows, the best score first
  std::vector<std::uint32_t> taken_;                // rows
  std::size_t first_free_ = 0;                      // in order_: all before it are taken
  std::vector<std::optional<std::uint32_t>> pins_;  // by place: the row
  std::vector<Placed> placed_;
  std::vector<Explorable> explorable_;
  std::vector<std::uint32_t> explorable_rows_;
};

}  // namespace freshet
