#include <algorithm>
#include <array>
#include <bit>
#include <functional>

#include "models/exact_math.h"
#include "models/float_lanes.h"
#include "rank/candidate_source.h"
#include "rank/session_memory.h"
#include "rank/strategy.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {
    GeneratorInfo{"session_knn", EvidenceKind::kSimilarSessions, 0, true}};

// Chosen on the validation parts of two streams of sessions (docs/adr/0012-sessions-in-the-item-model.md).
constexpr double kPlaceTau = 2;    // place p of the current session counts exp(-p / tau)
constexpr std::size_t kReach = 8;  // events from a match that are voted for: further votes are below .005
constexpr double kAfterTau = 1.2;  // d events after the match: exp(-(d - 1) / tau)
constexpr double kBefore = 0.5;    // d events before it: this times exp(-(d - 1) / tau)
constexpr double kBeforeTau = 1.5;
constexpr float kAgain = 1;              // the match itself, for the item at hand: it is looked at once more
constexpr float kReturn = 2.5f;          // and for earlier items of the session: the user returns to them
constexpr double kLengthDamping = -0.2;  // exponent of a neighbour's length
constexpr float kMassDamping = -0.1f;    // exponent of a candidate's mass

/// Sum over the k strongest sessions n that share items with the current one, of
///   similarity(n)^2 2^(-age / half-life) length^-0.2 share(n, p) near(distance of the candidate to p in n)
/// for each place p, times mass(candidate)^-0.1; similarity = sum of the weights of the shared places,
/// share = what p has in it, weight = exp(-p / 2) strength rarity^3.
class SessionSource final : public CandidateSource {
 public:
  explicit SessionSource(const RankOptions& options) : options_(options) {
    for (std::size_t d = 1; d <= kReach; ++d) {
      const auto step = static_cast<double>(d - 1);
      near_[kReach + d] = static_cast<float>(Exp(-step / kAfterTau));
      near_[kReach - d] = static_cast<float>(kBefore * Exp(-step / kBeforeTau));
    }
    for (std::size_t p = 0; p < kSessionPlaces; ++p) {
      recency_[p] = static_cast<float>(Exp(-static_cast<double>(p) / kPlaceTau));
      at_match_[p] = p == 0 ? kAgain : kReturn;
    }
    for (std::size_t n = 1; n < lengths_.size(); ++n)
      lengths_[n] = static_cast<float>(Pow(static_cast<double>(n), kLengthDamping));
  }

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }
  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t generator, std::size_t index,
                 std::span<float> by_place) const override;

 private:
  /// What the current session is compared by.
  struct Places {
    std::size_t count = 0;
    std::array<ItemKey, kSessionPlaces> items{};
    std::array<float, kSessionPlaces> weights{};  ///< 0: says nothing
  };
  Places ReadPlaces(const RankInput& input, SessionMemory& memory) const;
  void Merge(const RankInput& input, const Places& places, SessionMemory& memory) const;
  void Weigh(const RankInput& input, SessionMemory& memory) const;
  void KeepStrongest(SessionMemory& memory) const;
  static void FindSessions(const RankInput& input, SessionMemory& memory);
  void Vote(const Places& places, std::size_t neighbour, CandidatePool& pool) const;
  void AddVotes(const UserSession& session, const float* votes, CandidatePool& pool) const;
  void Close(std::size_t first, CandidatePool& pool) const;

  RankOptions options_;
  std::array<float, 2 * kReach + 1> near_{};  ///< by distance; the middle is the match itself
  std::array<float, kSessionPlaces> recency_{};
  std::array<float, kSessionPlaces> at_match_{};
  std::array<float, kSessionItemsMax + 1> lengths_{};  ///< length^-0.2
};

SessionSource::Places SessionSource::ReadPlaces(const RankInput& input, SessionMemory& memory) const {
  Places places;
  const std::size_t start = SessionStart(input.signals.history);
  const double sessions = static_cast<double>(input.view.SessionCount()) + 1;
  for (const WindowItem& place : input.places) {
    if (places.count == kSessionPlaces || place.newest < start) break;
    const std::size_t p = places.count++;
    places.items[p] = place.item;
    std::vector<SessionRef>& list = memory.lists[p];
    list.resize(options_.session_newest);
    const SessionsOfItem with =
        place.strength > 0 ? input.view.SessionsWith(place.item, list) : SessionsOfItem{};
    list.resize(with.found);
    const double rarity = Log(1 + sessions / (static_cast<double>(with.total) + 1));
    places.weights[p] = recency_[p] * place.strength * static_cast<float>(rarity * rarity * rarity);
  }
  return places;
}

/// All sessions of the lists, each once, the newest first.
void SessionSource::Merge(const RankInput& input, const Places& places, SessionMemory& memory) const {
  std::array<std::size_t, kSessionPlaces> at{};
  memory.neighbours.clear();
  memory.values.clear();
  for (;;) {
    SessionMemory::Neighbour next;
    float similarity = 0;
    for (std::size_t p = 0; p < places.count; ++p) {
      if (at[p] == memory.lists[p].size()) continue;
      const SessionRef head = memory.lists[p][at[p]];
      if (next.places != 0 && head < next.session) continue;
      if (next.places == 0 || next.session < head) {
        next = {head, 0, nullptr};
        similarity = 0;
      }
      next.places |= 1U << p;
      similarity += places.weights[p];
    }
    if (next.places == 0) return;
    for (std::uint32_t left = next.places; left != 0; left &= left - 1)
      ++at[static_cast<std::size_t>(std::countr_zero(left))];
    if (input.signals.live_session == next.session.key) continue;
    memory.neighbours.push_back(next);
    memory.values.push_back(similarity);
  }
}

/// Similarities become weights.
void SessionSource::Weigh(const RankInput& input, SessionMemory& memory) const {
  const std::size_t padded = WholeLanes(memory.values.size());
  memory.values.resize(padded, 0.0f);
  memory.decays.assign(padded, 0.0f);
  constexpr double kHalvingsMax = 100;
  const double per_ms = 1 / static_cast<double>(options_.session_half_life.ms);
  for (std::size_t i = 0; i < memory.neighbours.size(); ++i) {
    const auto age = static_cast<double>(input.signals.now.ms - memory.neighbours[i].session.start.ms);
    memory.decays[i] = static_cast<float>(-std::clamp(age * per_ms, 0.0, kHalvingsMax));
  }
  for (std::size_t i = 0; i < padded; i += 8) {
    const FloatLanes similarity = LoadLanes(&memory.values[i]);
    StoreLanes(&memory.values[i], similarity * similarity * Exp2(LoadLanes(&memory.decays[i])));
  }
}

/// Those that are not among the session_neighbours strongest get weight 0; of equals the newer stays.
void SessionSource::KeepStrongest(SessionMemory& memory) const {
  const std::size_t limit = options_.session_neighbours;
  if (memory.neighbours.size() <= limit) return;
  const auto count = static_cast<std::ptrdiff_t>(memory.neighbours.size());
  memory.ranking.assign(memory.values.begin(), memory.values.begin() + count);
  const auto last = memory.ranking.begin() + static_cast<std::ptrdiff_t>(limit) - 1;
  std::nth_element(memory.ranking.begin(), last, memory.ranking.end(), std::greater<>());
  const float bar = *last;
  auto equals = static_cast<std::size_t>(std::count(memory.ranking.begin(), last + 1, bar));
  for (std::size_t i = 0; i < memory.neighbours.size(); ++i) {
    float& value = memory.values[i];
    if (value > bar) continue;
    const bool kept = value == bar && equals > 0;
    if (kept) --equals;
    if (!kept) value = 0;
  }
}

/// All before the first vote, so that their memory is fetched side by side.
void SessionSource::FindSessions(const RankInput& input, SessionMemory& memory) {
  for (std::size_t i = 0; i < memory.neighbours.size(); ++i) {
    SessionMemory::Neighbour& neighbour = memory.neighbours[i];
    if (memory.values[i] > 0) neighbour.found = input.view.FindSession(neighbour.session.key);
  }
  for (std::size_t i = 0; i < memory.neighbours.size(); ++i) {
    if (memory.values[i] > 0) __builtin_prefetch(memory.neighbours[i].found->items.data());
  }
}

void SessionSource::Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const {
  SessionMemory& memory = pool.sessions();
  memory.partials.clear();
  if (input.view.SessionCount() == 0 || options_.session_neighbours == 0) return;
  const Places places = ReadPlaces(input, memory);
  Merge(input, places, memory);
  Weigh(input, memory);
  KeepStrongest(memory);
  FindSessions(input, memory);
  for (std::size_t i = 0; i < memory.neighbours.size(); ++i) {
    if (memory.values[i] > 0) Vote(places, i, pool);
  }
  Close(first, pool);
}

void SessionSource::Vote(const Places& places, std::size_t neighbour, CandidatePool& pool) const {
  const SessionMemory& memory = pool.sessions();
  const SessionMemory::Neighbour& shared = memory.neighbours[neighbour];
  const UserSession& session = *shared.found;
  const std::size_t length = session.items.size();
  std::array<float, kSessionItemsMax * kSessionPlaces> votes;
  std::fill_n(votes.begin(), length * kSessionPlaces, 0.0f);
  float similarity = 0;
  for (std::uint32_t left = shared.places; left != 0; left &= left - 1)
    similarity += places.weights[static_cast<std::size_t>(std::countr_zero(left))];
  const float damping = lengths_[std::min(length, kSessionItemsMax)];
  for (std::uint32_t left = shared.places; left != 0; left &= left - 1) {
    const auto p = static_cast<std::size_t>(std::countr_zero(left));
    const float weight = memory.values[neighbour] * damping * (places.weights[p] / similarity);
    for (std::size_t match = 0; match < length; ++match) {
      if (session.items[match] != places.items[p]) continue;
      const std::size_t from = match - std::min(match, kReach);
      const std::size_t to = std::min(length, match + kReach + 1);
      for (std::size_t j = from; j < to; ++j) {
        const float near = j == match ? at_match_[p] : near_[kReach + j - match];
        votes[j * kSessionPlaces + p] += weight * near;
      }
    }
  }
  AddVotes(session, votes.data(), pool);
}

void SessionSource::AddVotes(const UserSession& session, const float* votes, CandidatePool& pool) const {
  std::vector<float>& partials = pool.sessions().partials;
  for (std::size_t j = 0; j < session.items.size(); ++j, votes += kSessionPlaces) {
    const FloatLanes lanes = LoadLanes(votes);
    if (SumLanes(lanes) == 0) continue;
    const std::uint32_t slot = pool.Add(session.items[j]);
    if (slot == CandidatePool::kNotEligible) continue;
    if (partials.size() <= slot * kSessionPlaces) partials.resize(pool.size() * kSessionPlaces, 0.0f);
    float* sum = &partials[slot * kSessionPlaces];
    StoreLanes(sum, LoadLanes(sum) + lanes);
  }
}

void SessionSource::Close(std::size_t first, CandidatePool& pool) const {
  std::vector<float>& partials = pool.sessions().partials;
  const std::size_t slots = partials.size() / kSessionPlaces;
  std::vector<float>& scores = pool.buffer(0);
  scores.assign(WholeLanes(slots), 1.0f);
  for (std::uint32_t slot = 0; slot < slots; ++slot) scores[slot] = pool.mass_of(slot);
  RaiseTo(kMassDamping, scores);
  double sum = 0;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    float* lanes = &partials[slot * kSessionPlaces];
    const FloatLanes damped = LoadLanes(lanes) * FillLanes(scores[slot]);
    StoreLanes(lanes, damped);
    scores[slot] = SumLanes(damped);
    sum += static_cast<double>(scores[slot]);
  }
  pool.mass(first) = {sum, static_cast<double>(pool.view().ItemCount())};
  pool.Shortlist(first, std::span(scores).first(slots), options_.shortlist);
}

void SessionSource::Score(const RankInput&, std::size_t first, CandidatePool& pool) const {
  const std::vector<float>& partials = pool.sessions().partials;
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  const std::span<float> scores = pool.scores(first);
  for (std::size_t i = 0; i < shortlist.size(); ++i) {
    const std::size_t at = shortlist[i] * kSessionPlaces;
    if (at < partials.size()) scores[i] = SumLanes(LoadLanes(&partials[at]));
  }
}

void SessionSource::Attribute(const RankInput&, const CandidatePool& pool, std::size_t, std::size_t index,
                              std::span<float> by_place) const {
  std::fill(by_place.begin(), by_place.end(), 0.0f);
  const std::vector<float>& partials = pool.sessions().partials;
  const std::size_t at = pool.shortlist()[index] * kSessionPlaces;
  if (at >= partials.size()) return;
  std::copy_n(partials.begin() + static_cast<std::ptrdiff_t>(at), std::min(kSessionPlaces, by_place.size()),
              by_place.begin());
}

}  // namespace

std::unique_ptr<CandidateSource> MakeSessionSource(const RankOptions& options) {
  return std::make_unique<SessionSource>(options);
}

}  // namespace freshet
