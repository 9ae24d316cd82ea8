#include <algorithm>
#include <array>

#include "models/float_lanes.h"
#include "rank/candidate_source.h"
#include "rank/vector_search.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {GeneratorInfo{"factors", EvidenceKind::kSimilarUsers}};

constexpr std::size_t kPrefetch = 4;  // items ahead, each of five cache lines

void Prefetch(const Factor& factor) {
  for (std::size_t i = 0; i < kFactors; i += 16) __builtin_prefetch(&factor[i]);
}

/// q . p, for the user's factor p.
class FactorSource final : public CandidateSource {
 public:
  explicit FactorSource(const RankOptions& options) : shortlist_(options.shortlist) {}

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    if (!input.user_factor.Compute(input.places, input.view)) return;
    const Factor& user = input.user_factor.value();
    const auto exact = [&user](const ItemModel& item) { return Dot(item.factor, user); };
    ProposeByVector({VectorSpace::kFactor, user, exact, shortlist_}, first, pool);
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    if (!input.user_factor.known()) return;
    const Factor& user = input.user_factor.value();
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    const std::span<float> scores = pool.scores(first);
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      if (i + kPrefetch < shortlist.size()) Prefetch(pool.item(shortlist[i + kPrefetch])->factor);
      const ItemModel* item = pool.item(shortlist[i]);
      if (!item->has_factor) continue;
      scores[i] = Dot(item->factor, user);
    }
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

 private:
  std::size_t shortlist_;
};

}  // namespace

std::unique_ptr<CandidateSource> MakeFactorSource(const RankOptions& options) {
  return std::make_unique<FactorSource>(options);
}

std::vector<std::unique_ptr<CandidateSource>> DefaultSources(const RankOptions& options) {
  std::vector<std::unique_ptr<CandidateSource>> sources;
  sources.push_back(MakeRowSource(options));
  sources.push_back(MakePopularitySource(options));
  sources.push_back(MakeFactorSource(options));
  sources.push_back(MakeSessionSource(options));
  if (options.allow_repeats) sources.push_back(MakeReturnSource());
  if (options.next_item_net) sources.push_back(MakeNetSource(options));
  if (options.content) sources.push_back(MakeContentSource(options));
  if (options.whole_history) sources.push_back(MakeHistorySource(options));
  if (options.segments) sources.push_back(MakeSegmentSource(options));
  return sources;
}

}  // namespace freshet
