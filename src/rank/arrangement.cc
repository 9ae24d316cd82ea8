#include "rank/arrangement.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "rank/item_similarity.h"

namespace freshet {

std::span<const Placed> Arrangement::Make(const ScoredCandidates& candidates, const UserSignals& signals) {
  const ListPolicy& policy = *signals.policy;
  Order(candidates, policy);
  HoldPins(policy.rules(), signals.k);
  if (policy.HasOwnWeights()) LeaveOutTheRest(candidates.scores);
  ListCaps caps(policy.caps());
  for (const std::optional<std::uint32_t>& pin : pins_) {
    if (pin) Take(*pin, caps);
  }
  Fill(caps, policy.diversity());
  if (policy.exploration().share > 0) Explore(caps, policy.exploration(), signals.seed);
  return placed_;
}

void Arrangement::Order(const ScoredCandidates& from, const ListPolicy& policy) {
  const std::span<const std::uint32_t> shortlist = from.pool.shortlist();
  candidates_.assign(shortlist.size(), {});
  for (std::size_t row = 0; row < shortlist.size(); ++row) {
    Candidate& candidate = candidates_[row];
    candidate.item = from.pool.item(shortlist[row]);
    candidate.amount = policy.rules().AmountFor(*candidate.item);
    candidate.score = from.scores[row] + candidate.amount;
    if (policy.diversity() > 0) candidate.inverse_length = InverseLength(*candidate.item);
  }
  order_.resize(shortlist.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (candidates_[a].score != candidates_[b].score) return candidates_[a].score > candidates_[b].score;
    return candidates_[a].item->key < candidates_[b].item->key;
  });
  taken_.clear();
  first_free_ = 0;
}

void Arrangement::HoldPins(const RuleBook& rules, std::size_t k) {
  pins_.assign(k, std::nullopt);
  for (const Rule& pin : rules.Pins()) HoldPin(pin);
}

void Arrangement::LeaveOutTheRest(std::span<const double> scores) {
  for (std::size_t row = 0; row < candidates_.size(); ++row) {
    if (!(scores[row] > 0)) candidates_[row].taken = true;
  }
}

void Arrangement::HoldPin(const Rule& pin) {
  std::size_t place = pin.place - 1;
  std::size_t left = pin.count;
  for (const std::uint32_t row : order_) {
    if (candidates_[row].taken || !pin.match.Holds(*candidates_[row].item)) continue;
    while (place < pins_.size() && pins_[place]) ++place;
    if (place >= pins_.size()) return;
    pins_[place] = row;
    candidates_[row].taken = true;
    if (--left == 0) return;
  }
}

void Arrangement::Take(std::uint32_t row, ListCaps& caps) {
  candidates_[row].taken = true;
  caps.Count(*candidates_[row].item);
  taken_.push_back(row);
}

void Arrangement::Fill(ListCaps& caps, double diversity) {
  placed_.clear();
  for (const std::optional<std::uint32_t>& pin : pins_) {
    if (pin) {
      placed_.push_back({*pin, {candidates_[*pin].amount}, true});
      continue;
    }
    const std::optional<std::uint32_t> best = Best(caps, diversity);
    if (!best) continue;  // a pin further down moves up
    const double likeness = diversity > 0 ? diversity * LikenessOf(*best) : 0;
    placed_.push_back({*best, {candidates_[*best].amount, -likeness}, false});
    Take(*best, caps);
  }
}

std::optional<std::uint32_t> Arrangement::Best(const ListCaps& caps, double diversity) {
  while (first_free_ < order_.size() && candidates_[order_[first_free_]].taken) ++first_free_;
  std::optional<std::uint32_t> best;
  double best_score = 0;
  for (std::size_t i = first_free_; i < order_.size(); ++i) {
    const Candidate& candidate = candidates_[order_[i]];
    if (best && candidate.score <= best_score) break;  // likeness only takes away
    if (candidate.taken || !caps.Allow(*candidate.item)) continue;
    const double score =
        diversity > 0 ? candidate.score - diversity * LikenessOf(order_[i]) : candidate.score;
    if (best && score <= best_score) continue;
    best = order_[i];
    best_score = score;
  }
  return best;
}

void Arrangement::GatherExplorable(const ListCaps& caps) {
  explorable_.clear();
  explorable_rows_.clear();
  for (std::uint32_t row = 0; row < candidates_.size(); ++row) {
    const Candidate& candidate = candidates_[row];
    // An item that fits only where the last one goes is left to another list.
    if (candidate.taken || !caps.Allow(*candidate.item)) continue;
    explorable_.push_back({candidate.item->key, candidate.score, candidate.item->events});
    explorable_rows_.push_back(row);
  }
}

void Arrangement::Explore(const ListCaps& caps, const ExplorationOptions& options, std::uint64_t seed) {
  const std::size_t k = pins_.size();
  for (Placed& placed : placed_) placed.propensity = 1;
  GatherExplorable(caps);
  if (placed_.size() < k || k == 0 || explorable_.empty()) return;
  std::size_t last = k;
  while (last > 0 && placed_[last - 1].pinned) --last;
  if (last-- == 0) return;
  std::size_t at = std::min(options.place == 0 ? last : options.place - 1, last);
  while (placed_[at].pinned) ++at;
  const double explores = ExploringProbability(options, k);
  placed_[last].propensity = 1 - explores;
  if (!Explores(options, k, seed)) return;
  const ThompsonSampler sampler(options.spread, seed);
  const std::size_t drawn = sampler.Draw(explorable_);
  Placed explored{explorable_rows_[drawn], {candidates_[explorable_rows_[drawn]].amount}, false, true, 0};
  explored.propensity = explores * sampler.ProbabilityOf(drawn, explorable_);
  Insert(explored, at, last);
}

void Arrangement::Insert(const Placed& explored, std::size_t at, std::size_t last) {
  Placed next = explored;
  for (; at <= last; ++at) {
    if (!placed_[at].pinned) std::swap(next, placed_[at]);
  }
}

double Arrangement::LikenessOf(std::uint32_t row) {
  Candidate& candidate = candidates_[row];
  for (; candidate.compared < taken_.size(); ++candidate.compared) {
    const Candidate& other = candidates_[taken_[candidate.compared]];
    candidate.likeness = std::max(candidate.likeness, SimilarityOf(*candidate.item, candidate.inverse_length,
                                                                   *other.item, other.inverse_length));
  }
  return static_cast<double>(candidate.likeness);
}

}  // namespace freshet
