#include <algorithm>
#include <array>

#include "models/float_lanes.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {GeneratorInfo{"factors", EvidenceKind::kSimilarUsers}};

constexpr std::size_t kPrefetch = 4;  // items ahead, each of five cache lines

void Prefetch(const Factor& factor) {
  for (std::size_t i = 0; i < kFactors; i += 16) __builtin_prefetch(&factor[i]);
}

/// q . p for the shortlist. Its mass and population are those of the shortlist: the others' scores are not
/// known.
class FactorSource final : public CandidateSource {
 public:
  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t, CandidatePool&) const override {
    input.user_factor.Compute(input.places, input.view);
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    if (!input.user_factor.known()) return;
    const Factor& user = input.user_factor.value();
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    const std::span<float> scores = pool.scores(first);
    double sum = 0;
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      if (i + kPrefetch < shortlist.size()) Prefetch(pool.item(shortlist[i + kPrefetch])->factor);
      const ItemModel* item = pool.item(shortlist[i]);
      if (!item->has_factor) continue;
      scores[i] = Dot(item->factor, user);
      sum += std::max(static_cast<double>(scores[i]), 0.0);
    }
    pool.mass(first) = {sum, static_cast<double>(shortlist.size())};
  }

  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t, std::size_t index,
                 std::span<float> by_place) const override {
    const ItemModel* item = pool.item(pool.shortlist()[index]);
    if (item->has_factor) {
      input.user_factor.Contributions(item->factor, by_place);
    } else {
      std::fill(by_place.begin(), by_place.end(), 0.0f);
    }
  }
};

}  // namespace

std::unique_ptr<CandidateSource> MakeFactorSource() { return std::make_unique<FactorSource>(); }

std::vector<std::unique_ptr<CandidateSource>> DefaultSources(const RankOptions& options) {
  std::vector<std::unique_ptr<CandidateSource>> sources;
  sources.push_back(MakeRowSource(options));
  sources.push_back(MakePopularitySource(options));
  sources.push_back(MakeFactorSource());
  return sources;
}

}  // namespace freshet
