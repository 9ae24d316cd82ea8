#include <algorithm>
#include <array>

#include "base/assert.h"
#include "models/decay.h"
#include "models/exact_math.h"
#include "models/float_lanes.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::size_t kTransitions = 0;
constexpr std::size_t kCoOccurrence = 1;
constexpr std::size_t kPrefetch = 8;  // cells ahead: a memory access takes as long as about eight Adds
constexpr std::array<GeneratorInfo, 2> kGenerators = {
    GeneratorInfo{"transitions", EvidenceKind::kFollows},
    GeneratorInfo{"co_occurrence", EvidenceKind::kTogether}};

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

/// transitions: sum over places of lag * forward / (row mass + shrink) / mass(candidate)^0.2.
/// co_occurrence: sum over places of lag * (forward + backward) / (mass(place) mass(candidate))^0.4: a cosine
/// with a milder exponent. Masses are decayed like the cells, plus one.
class RowSource final : public CandidateSource {
 public:
  explicit RowSource(const RankOptions& options) : options_(options) {
    FRESHET_ASSERT(options.window <= kRowPlaces);
    for (std::size_t i = 0; i < kRowPlaces; ++i) {
      lags_[i] = static_cast<float>(Exp(-static_cast<double>(i) / options.lag_tau));
    }
  }

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }
  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override;
  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t column, std::size_t index,
                 std::span<float> by_place) const override;

 private:
  struct Place {
    std::size_t index;
    float forward;  ///< weight of forward cells in transitions
    float both;     ///< weight of forward + backward in co_occurrence
  };
  void ReadRow(const ItemModel& item, const Place& place, std::size_t first, CandidatePool& pool) const;
  void Damp(std::size_t first, CandidatePool& pool) const;

  RankOptions options_;
  std::array<float, kRowPlaces> lags_{};
};

void RowSource::Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const {
  pool.UsePlaces(first + kTransitions);
  pool.UsePlaces(first + kCoOccurrence);
  RowScale scale(input.signals.now, options_.row_half_life);
  const std::size_t window = std::min(options_.window, input.places.size());
  for (std::size_t i = 0; i < window; ++i) {
    const WindowItem& place = input.places[i];
    const ItemModel* item = place.strength > 0 ? input.view.Find(place.item) : nullptr;
    if (item == nullptr) continue;
    const float worth = scale.At(item->row_landmark);
    const float mass = item->row_mass * worth;
    const float weight = lags_[i] * place.strength * worth;
    const auto cosine = static_cast<float>(Pow(static_cast<double>(mass) + 1, options_.cosine_damping));
    ReadRow(*item, {i, weight / (mass + static_cast<float>(options_.transition_shrink)), weight / cosine},
            first, pool);
  }
  Damp(first, pool);
}

void RowSource::ReadRow(const ItemModel& item, const Place& place, std::size_t first,
                        CandidatePool& pool) const {
  const std::size_t cells = std::min(options_.row_cells, item.row.size());
  for (std::size_t i = 0; i < cells; ++i) {
    if (i + kPrefetch < cells) pool.Prefetch(item.row[i + kPrefetch].item);
    const RowCell& cell = item.row[i];
    const std::uint32_t slot = pool.Add(cell.item);
    if (slot == CandidatePool::kNotEligible) continue;
    pool.places(first + kTransitions, slot)[place.index] = cell.forward * place.forward;
    pool.places(first + kCoOccurrence, slot)[place.index] = (cell.forward + cell.backward) * place.both;
  }
}

void RowSource::Damp(std::size_t first, CandidatePool& pool) const {
  const std::size_t size = pool.size();
  const std::size_t padded = (size + 7) / 8 * 8;
  std::array<std::vector<float>*, 2> scores = {&pool.buffer(0), &pool.buffer(1)};
  scores[0]->assign(padded, 1.0f);
  for (std::uint32_t slot = 0; slot < size; ++slot) {
    (*scores[0])[slot] = pool.mass_of(slot);
  }
  *scores[1] = *scores[0];
  RaiseTo(static_cast<float>(-options_.transition_damping), *scores[0]);
  RaiseTo(static_cast<float>(-options_.cosine_damping), *scores[1]);
  for (std::size_t g = 0; g < 2; ++g) {
    double sum = 0;
    for (std::uint32_t slot = 0; slot < size; ++slot) {
      float& score = (*scores[g])[slot];
      float* places = pool.places(first + g, slot);
      const FloatLanes damped = LoadLanes(places) * FillLanes(score);
      StoreLanes(places, damped);
      score = SumLanes(damped);
      sum += static_cast<double>(score);
    }
    pool.mass(first + g) = {sum, static_cast<double>(pool.view().ItemCount())};
    pool.Shortlist(first + g, std::span(*scores[g]).first(size), options_.shortlist);
  }
}

void RowSource::Score(const RankInput&, std::size_t first, CandidatePool& pool) const {
  const std::span<const std::uint32_t> shortlist = pool.shortlist();
  for (std::size_t g = first; g < first + kGenerators.size(); ++g) {
    const std::span<float> scores = pool.scores(g);
    for (std::size_t i = 0; i < shortlist.size(); ++i)
      scores[i] = SumLanes(LoadLanes(pool.places(g, shortlist[i])));
  }
}

void RowSource::Attribute(const RankInput&, const CandidatePool& pool, std::size_t column, std::size_t index,
                          std::span<float> by_place) const {
  std::fill(by_place.begin(), by_place.end(), 0.0f);
  const float* places = pool.places(column, pool.shortlist()[index]);
  std::copy_n(places, std::min(kRowPlaces, by_place.size()), by_place.begin());
}

}  // namespace

std::unique_ptr<CandidateSource> MakeRowSource(const RankOptions& options) {
  return std::make_unique<RowSource>(options);
}

}  // namespace freshet
