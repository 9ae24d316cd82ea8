#include <algorithm>
#include <array>

#include "models/decay.h"
#include "models/exact_math.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, kHalfLives> kGenerators = {
    GeneratorInfo{"popularity_recent", EvidenceKind::kPopular, 0},
    GeneratorInfo{"popularity_medium", EvidenceKind::kPopular, 1},
    GeneratorInfo{"popularity_long", EvidenceKind::kPopular, 2}};

/// Shares of the decayed events of the view's popularity order. Beyond 512 items the order holds the head
/// only, so that shares are of the head.
class PopularitySource final : public CandidateSource {
 public:
  explicit PopularitySource(const RankOptions& options) : options_(options) {}

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    for (std::size_t h = 0; h < kHalfLives; ++h) {
      std::size_t left = options_.shortlist;
      for (const PopularItem& popular : input.view.Popular(h)) {
        if (left == 0) break;
        const std::uint32_t slot = pool.Add(popular.item);
        if (slot == CandidatePool::kNotEligible) continue;
        pool.ShortlistSlot(first + h, slot);
        --left;
      }
    }
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    const PopularityTotals& totals = pool.Totals();
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    for (std::size_t h = 0; h < kHalfLives; ++h) {
      const HalfLife half_life = options_.popularity_half_lives[h];
      const Timestamp now = input.signals.now;
      // The order's scores are log2 of values at time 0; the items' sums are brought to `now`.
      const double max_now =
          Exp2(totals.log_max[h] - static_cast<double>(now.ms) / static_cast<double>(half_life.ms));
      pool.mass(first + h) = {totals.relative_sum[h] * max_now, static_cast<double>(input.view.ItemCount())};
      const std::span<float> scores = pool.scores(first + h);
      const DecayReader reader(now, half_life);
      for (std::size_t i = 0; i < shortlist.size(); ++i) {
        const double value = reader.ValueOf(pool.item(shortlist[i])->popularity[h]);
        scores[i] = static_cast<float>(std::max(value, 0.0));
      }
    }
  }

  void Attribute(const RankInput&, const CandidatePool&, std::size_t, std::size_t,
                 std::span<float> by_place) const override {
    std::fill(by_place.begin(), by_place.end(), 0.0f);
  }

 private:
  RankOptions options_;
};

}  // namespace

std::unique_ptr<CandidateSource> MakePopularitySource(const RankOptions& options) {
  return std::make_unique<PopularitySource>(options);
}

}  // namespace freshet
