#include <algorithm>
#include <array>

#include "base/assert.h"
#include "models/decay.h"
#include "models/exact_math.h"
#include "models/float_lanes.h"
#include "models/transition_cells.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::size_t kRowGenerators = 5;
constexpr std::size_t kTransitions = 0;
constexpr std::size_t kPrefetch = 8;  // cells ahead: a memory access takes as long as about eight Adds
constexpr std::array<GeneratorInfo, kRowGenerators> kGenerators = {
    GeneratorInfo{"transitions", EvidenceKind::kFollows},
    GeneratorInfo{"co_occurrence", EvidenceKind::kTogether},
    GeneratorInfo{"co_history", EvidenceKind::kSamePast},
    GeneratorInfo{"co_history_recent", EvidenceKind::kSamePast},
    GeneratorInfo{"co_occurrence_soon", EvidenceKind::kTogether}};

/// Rows' landmarks lie on one grid and most are equal: keeps the last rescaling.
class RowScale final {
 public:
  RowScale(Timestamp now, HalfLife half_life)
      : half_life_(half_life), reference_(LandmarkFor(now, half_life)) {}
  float At(Timestamp landmark) {
    if (landmark != last_) {
      last_ = landmark;
      scale_ = static_cast<float>(WeightAt(landmark, reference_, half_life_));
    }
    return scale_;
  }

 private:
  HalfLife half_life_;
  Timestamp reference_;
  Timestamp last_{INT64_MIN};
  float scale_ = 1;
};

using RowLanes = CandidatePool::RowLanes;

/// Five readings of the rows of the user's last items, each a sum over places of strength times
///   transitions         SoonWeight * forward / (mass of forward + shrink) / mass(candidate)^0.2
///   co_occurrence_soon  SoonWeight * (forward + backward) / (mass mass(candidate))^0.4
///   co_occurrence       exp(-place / tau) * near / (mass mass(candidate))^0.4
///   co_history(_recent) exp(-place / tau) * together / (mass mass(candidate))^0.4
/// with windows of RankOptions; all but the first are cosines with a milder exponent. Gaps are those to the
/// newest place. Masses are decayed like the cells, plus one.
class RowSource final : public CandidateSource {
 public:
  explicit RowSource(const RankOptions& options) : options_(options) {
    const std::array<RowWindow, kRowGenerators> windows = {options.transitions, options.co_occurrence,
                                                           options.co_history, options.co_history_recent,
                                                           options.co_occurrence_soon};
    for (std::size_t g = 0; g < kRowGenerators; ++g) {
      FRESHET_ASSERT(windows[g].places <= kRowPlacesMax);
      places_ = std::max(places_, windows[g].places);
      for (std::size_t i = 0; i < windows[g].places; ++i)
        lags_[i][g] =
            windows[g].tau > 0 ? static_cast<float>(Exp(-static_cast<double>(i) / windows[g].tau)) : 1;
    }
  }

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }
  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t generator, std::size_t index,
                 std::span<float> by_place) const override;

 private:
  /// What a place's cells are multiplied by, a lane for each generator.
  RowLanes WeightsOf(const RankInput& input, std::size_t place, RowScale& scale) const;
  static RowLanes ReadingsOf(const RowCell& cell) {
    return RowLanes{cell.forward, cell.near, cell.together, cell.together, cell.forward + cell.backward};
  }
  void ReadRow(const ItemModel& item, const RowLanes& weights, CandidatePool& pool) const;
  void Damp(std::size_t first, CandidatePool& pool) const;

  RankOptions options_;
  std::size_t places_ = 0;
  std::array<RowLanes, kRowPlacesMax> lags_{};
};

RowLanes RowSource::WeightsOf(const RankInput& input, std::size_t place, RowScale& scale) const {
  const ItemModel& item = *input.place_items[place];
  const float worth = scale.At(item.row_landmark);
  const float weight = input.places[place].strength * worth;
  const auto cosine =
      static_cast<float>(Pow(static_cast<double>(item.row_mass * worth) + 1, options_.cosine_damping));
  const float follows =
      weight / (item.row_follow_mass * worth + static_cast<float>(options_.transition_shrink));
  const float with = weight / cosine;
  const auto at = [&](std::size_t p) { return input.signals.history[input.places[p].newest].at.ms; };
  const float soon = SoonWeight(place, at(0) - at(place));
  return lags_[place] * RowLanes{soon * follows, with, with, with, soon * with};
}

void RowSource::Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const {
  RowScale scale(input.signals.now, options_.row_half_life);
  const std::size_t window = std::min(places_, input.places.size());
  for (std::size_t i = 0; i < window; ++i) {
    const ItemModel* item = input.place_items[i];
    const bool speaks = input.places[i].strength > 0 && item != nullptr;
    pool.place_weights(i) = speaks ? WeightsOf(input, i, scale) : RowLanes{};
    if (speaks) ReadRow(*item, pool.place_weights(i), pool);
  }
  Damp(first, pool);
}

void RowSource::ReadRow(const ItemModel& item, const RowLanes& weights, CandidatePool& pool) const {
  const std::size_t cells = std::min(options_.row_cells, item.row.size());
  for (std::size_t i = 0; i < cells; ++i) {
    if (i + kPrefetch < cells) pool.Prefetch(item.row[i + kPrefetch].item);
    const RowCell& cell = item.row[i];
    const std::uint32_t slot = pool.Add(cell.item);
    if (slot == CandidatePool::kNotEligible) continue;
    pool.row_lanes(slot) += weights * ReadingsOf(cell);
  }
}

void RowSource::Damp(std::size_t first, CandidatePool& pool) const {
  const std::size_t size = pool.size();
  const std::size_t padded = WholeLanes(size);
  std::vector<float>& milder = pool.buffer(0);
  std::vector<float>& cosine = pool.buffer(1);
  milder.assign(padded, 1.0f);
  for (std::uint32_t slot = 0; slot < size; ++slot) milder[slot] = pool.mass_of(slot);
  cosine = milder;
  RaiseTo(static_cast<float>(-options_.transition_damping), milder);
  RaiseTo(static_cast<float>(-options_.cosine_damping), cosine);
  for (std::uint32_t slot = 0; slot < size; ++slot) {
    pool.row_lanes(slot) *= RowLanes{milder[slot], cosine[slot], cosine[slot], cosine[slot], cosine[slot]};
  }
  std::vector<float>& scores = pool.buffer(0);
  for (std::size_t g = 0; g < kRowGenerators; ++g) {
    double sum = 0;
    for (std::uint32_t slot = 0; slot < size; ++slot) {
      scores[slot] = pool.row_lanes(slot)[g];
      sum += static_cast<double>(scores[slot]);
    }
    pool.mass(first + g) = {sum, static_cast<double>(pool.view().ItemCount())};
    pool.Shortlist(first + g, std::span(scores).first(size), options_.shortlist);
  }
}

void RowSource::Score(const RankInput&, std::size_t first, CandidatePool& pool) const {
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  for (std::size_t g = 0; g < kRowGenerators; ++g) {
    const std::span<float> scores = pool.scores(first + g);
    for (std::size_t i = 0; i < shortlist.size(); ++i) scores[i] = pool.row_lanes(shortlist[i])[g];
  }
}

void RowSource::Attribute(const RankInput& input, const CandidatePool& pool, std::size_t generator,
                          std::size_t index, std::span<float> by_place) const {
  std::fill(by_place.begin(), by_place.end(), 0.0f);
  const std::uint32_t slot = pool.shortlist()[index];
  const ItemKey candidate = pool.key(slot);
  std::array<float, 8> damping{};
  damping.fill(pool.mass_of(slot));
  RaiseTo(static_cast<float>(
              -(generator == kTransitions ? options_.transition_damping : options_.cosine_damping)),
          damping);
  const std::size_t window = std::min({places_, input.places.size(), by_place.size()});
  for (std::size_t i = 0; i < window; ++i) {
    const float weight = pool.place_weights(i)[generator];
    if (weight == 0) continue;
    const ItemModel* item = input.place_items[i];
    const auto cells = std::span(item->row).first(std::min(options_.row_cells, item->row.size()));
    const auto cell =
        std::find_if(cells.begin(), cells.end(), [&](const RowCell& c) { return c.item == candidate; });
    if (cell == cells.end()) continue;
    by_place[i] = weight * ReadingsOf(*cell)[generator] * damping[0];
  }
}

}  // namespace

std::unique_ptr<CandidateSource> MakeRowSource(const RankOptions& options) {
  return std::make_unique<RowSource>(options);
}

}  // namespace freshet
