#include <algorithm>
#include <array>

#include "models/decay.h"
#include "models/float_lanes.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {
    GeneratorInfo{"whole_history", EvidenceKind::kSamePast}};

/// May say yes to an item that is at no place. Keys are hashes: their low bits spread.
class PlaceFilter final {
 public:
  void Add(ItemKey item) { bits_[item.value % kWords] |= Bit(item); }
  bool MayHave(ItemKey item) const { return (bits_[item.value % kWords] & Bit(item)) != 0; }

 private:
  static constexpr std::size_t kWords = 16;
  static std::uint64_t Bit(ItemKey item) { return std::uint64_t{1} << (item.value / kWords % 64); }
  std::array<std::uint64_t, kWords> bits_{};
};

/// All places of the recent past, the oldest like the newest: with C the published `together` counts between
/// their items (their decayed events on the diagonal) and s their strengths, x = (C + ridge I)^-1 s. A
/// candidate's score is the sum of x_p * together(p, candidate), times its mass^-damping. So items that say
/// the same, such as parts of one series, count about once. It is the regression of EASE (Steck 2019) kept to
/// the user's own items: nothing is learned for it. x_p may be negative.
class HistorySource final : public CandidateSource {
 public:
  explicit HistorySource(const RankOptions& options) : options_(options) {}

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }
  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t generator, std::size_t index,
                 std::span<float> by_place) const override;

 private:
  std::span<const RowCell> CellsOf(const ItemModel& item) const {
    return std::span(item.row).first(std::min(options_.history_cells, item.row.size()));
  }
  void FindPlaces(const RankInput& input, HistoryMemory& memory) const;
  void Weigh(const RankInput& input, HistoryMemory& memory) const;
  void FillCounts(const RankInput& input, HistoryMemory& memory) const;
  void ReadRows(const RankInput& input, CandidatePool& pool) const;
  void Damp(std::size_t first, CandidatePool& pool) const;
  double EventsOf(const ItemModel& item, Timestamp reference) const {
    return ValueAt(item.popularity[kHalfLives - 1], reference,
                   options_.popularity_half_lives[kHalfLives - 1]);
  }

  RankOptions options_;
};

void HistorySource::Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const {
  HistoryMemory& memory = pool.history();
  memory.scores.clear();
  FindPlaces(input, memory);
  if (memory.places.empty()) return;
  Weigh(input, memory);
  ReadRows(input, pool);
  Damp(first, pool);
}

void HistorySource::FindPlaces(const RankInput& input, HistoryMemory& memory) const {
  memory.places.clear();
  memory.scales.clear();
  const Timestamp reference = LandmarkFor(input.signals.now, options_.row_half_life);
  const std::size_t window = std::min(kRowPlacesMax, input.places.size());
  for (std::uint32_t place = 0; place < window; ++place) {
    const ItemModel* item = input.place_items[place];
    if (item == nullptr || input.places[place].strength <= 0 || item->row.empty()) continue;
    memory.places.push_back(place);
    memory.scales.push_back(
        static_cast<float>(WeightAt(item->row_landmark, reference, options_.row_half_life)));
  }
}

void HistorySource::Weigh(const RankInput& input, HistoryMemory& memory) const {
  const std::size_t size = memory.places.size();
  FillCounts(input, memory);
  memory.solution.resize(size);
  for (std::size_t i = 0; i < size; ++i)
    memory.solution[i] = static_cast<double>(input.places[memory.places[i]].strength);
  if (memory.solver.Factorise()) {
    memory.solver.Solve(memory.solution);
  } else {  // cut rows and repeated events can make counts indefinite beyond what the ridge mends
    const Timestamp reference = LandmarkFor(input.signals.now, options_.row_half_life);
    for (std::size_t i = 0; i < size; ++i)
      memory.solution[i] /=
          EventsOf(*input.place_items[memory.places[i]], reference) + options_.history_ridge;
  }
  memory.weights.fill(0);
  for (std::size_t i = 0; i < size; ++i)
    memory.weights[memory.places[i]] = static_cast<float>(memory.solution[i]) * memory.scales[i];
}

/// A pair's count is the greater of what the two rows say: a cell that one cut may be in the other.
void HistorySource::FillCounts(const RankInput& input, HistoryMemory& memory) const {
  const Timestamp reference = LandmarkFor(input.signals.now, options_.row_half_life);
  const std::size_t size = memory.places.size();
  PlaceFilter filter;
  for (const std::uint32_t place : memory.places) filter.Add(input.places[place].item);
  memory.solver.Reset(size);
  for (std::size_t i = 0; i < size; ++i) {
    const ItemModel& item = *input.place_items[memory.places[i]];
    memory.solver.At(i, i) = EventsOf(item, reference) + options_.history_ridge;
    for (const RowCell& cell : CellsOf(item)) {
      if (!filter.MayHave(cell.item)) continue;
      for (std::size_t j = 0; j < size; ++j) {
        if (j == i || input.places[memory.places[j]].item != cell.item) continue;
        double& count = memory.solver.At(std::min(i, j), std::max(i, j));
        count = std::max(count, static_cast<double>(cell.together * memory.scales[i]));
      }
    }
  }
}

void HistorySource::ReadRows(const RankInput& input, CandidatePool& pool) const {
  HistoryMemory& memory = pool.history();
  for (const std::uint32_t place : memory.places) {
    const float weight = memory.weights[place];
    for (const RowCell& cell : CellsOf(*input.place_items[place])) {
      const std::uint32_t slot = pool.Add(cell.item);
      if (slot == CandidatePool::kNotEligible) continue;
      if (slot >= memory.scores.size()) memory.scores.resize(pool.size(), 0.0f);
      memory.scores[slot] += weight * cell.together;
    }
  }
}

void HistorySource::Damp(std::size_t first, CandidatePool& pool) const {
  std::vector<float>& scores = pool.history().scores;
  std::vector<float>& damping = pool.buffer(0);
  damping.assign(WholeLanes(scores.size()), 1.0f);
  for (std::uint32_t slot = 0; slot < scores.size(); ++slot) damping[slot] = pool.mass_of(slot);
  RaiseTo(static_cast<float>(-options_.history_damping), damping);
  double sum = 0;
  for (std::size_t slot = 0; slot < scores.size(); ++slot) {
    scores[slot] *= damping[slot];
    sum += std::max(static_cast<double>(scores[slot]), 0.0);
  }
  pool.mass(first) = {sum, static_cast<double>(pool.view().ItemCount())};
  pool.Shortlist(first, scores, options_.shortlist);
}

void HistorySource::Score(const RankInput&, std::size_t first, CandidatePool& pool) const {
  const std::vector<float>& by_slot = pool.history().scores;
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  const std::span<float> scores = pool.scores(first);
  for (std::size_t i = 0; i < shortlist.size(); ++i) {
    if (shortlist[i] < by_slot.size()) scores[i] = std::max(by_slot[shortlist[i]], 0.0f);
  }
}

void HistorySource::Attribute(const RankInput& input, const CandidatePool& pool, std::size_t,
                              std::size_t index, std::span<float> by_place) const {
  std::fill(by_place.begin(), by_place.end(), 0.0f);
  const std::uint32_t slot = pool.shortlist()[index];
  std::array<float, 8> damping{};
  damping.fill(pool.mass_of(slot));
  RaiseTo(static_cast<float>(-options_.history_damping), damping);
  const HistoryMemory& memory = pool.history();
  for (const std::uint32_t place : memory.places) {
    for (const RowCell& cell : CellsOf(*input.place_items[place])) {
      if (cell.item == pool.key(slot)) by_place[place] = memory.weights[place] * cell.together * damping[0];
    }
  }
}

}  // namespace

std::unique_ptr<CandidateSource> MakeHistorySource(const RankOptions& options) {
  return std::make_unique<HistorySource>(options);
}

}  // namespace freshet
