#include <algorithm>
#include <array>

#include "models/exact_math.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {
    GeneratorInfo{"returns", EvidenceKind::kOwnPast, 0, true}};
constexpr double kPlaceTau = 20;  // chosen on two streams of sessions (docs/adr/0011-the-mix.md)

/// The user's own last items, where lists may repeat them: strength * exp(-place / 20).
class ReturnSource final : public CandidateSource {
 public:
  ReturnSource() {
    for (std::size_t p = 0; p < recency_.size(); ++p)
      recency_[p] = static_cast<float>(Exp(-static_cast<double>(p) / kPlaceTau));
  }

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    for (const WindowItem& place : input.places) {
      if (place.strength <= 0) continue;
      const std::uint32_t slot = pool.Add(place.item);
      if (slot != CandidatePool::kNotEligible) pool.ShortlistSlot(first, slot);
    }
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    double sum = 0;
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      if ((pool.proposed_by(shortlist[i]) >> first & 1) == 0) continue;
      const std::size_t p = PlaceOf(pool.key(shortlist[i]), input);
      pool.scores(first)[i] = input.places[p].strength * recency_[p];
      sum += static_cast<double>(pool.scores(first)[i]);
    }
    pool.mass(first) = {sum, static_cast<double>(pool.view().ItemCount())};
  }

  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t, std::size_t index,
                 std::span<float> by_place) const override {
    std::fill(by_place.begin(), by_place.end(), 0.0f);
    const std::size_t p = PlaceOf(pool.key(pool.shortlist()[index]), input);
    if (p < by_place.size()) by_place[p] = std::max(input.places[p].strength, 0.0f) * recency_[p];
  }

 private:
  static std::size_t PlaceOf(ItemKey item, const RankInput& input) {
    const auto at = std::find_if(input.places.begin(), input.places.end(),
                                 [&](const WindowItem& place) { return place.item == item; });
    return static_cast<std::size_t>(at - input.places.begin());
  }

  std::array<float, kFactorPlaces> recency_{};
};

}  // namespace

std::unique_ptr<CandidateSource> MakeReturnSource() { return std::make_unique<ReturnSource>(); }

}  // namespace freshet
