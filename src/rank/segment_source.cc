#include <algorithm>
#include <array>

#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {GeneratorInfo{"segments", EvidenceKind::kSegment}};

/// Popularity with users like this one (rank/segment_lifts.h), of the head of the long popularity order. Dark
/// for users with a long history and no profile.
class SegmentSource final : public CandidateSource {
 public:
  explicit SegmentSource(const RankOptions& options)
      : shortlist_(options.shortlist), half_life_(options.popularity_half_lives[kHalfLives - 1]) {}

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    SegmentLifts& lifts = pool.segment_lifts();
    lifts.Use(input.signals, input.view, half_life_);
    if (lifts.dark()) return;
    std::vector<float>& scores = pool.buffer(0);
    scores.assign(pool.size(), 0.0f);
    double sum = 0;
    for (const PopularItem& popular : input.view.Popular(kHalfLives - 1)) {
      const ItemModel* item = input.view.Find(popular.item);
      if (item == nullptr) continue;
      const double score = lifts.Score(*item);
      sum += score;
      const std::uint32_t slot = pool.Add(popular.item);
      if (slot == CandidatePool::kNotEligible) continue;
      scores.resize(pool.size(), 0.0f);
      scores[slot] = static_cast<float>(score);
    }
    pool.Shortlist(first, scores, shortlist_);
    pool.mass(first) = {sum, static_cast<double>(input.view.ItemCount())};
  }

  void Score(const RankInput&, std::size_t first, CandidatePool& pool) const override {
    const SegmentLifts& lifts = pool.segment_lifts();
    if (lifts.dark()) return;
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    const std::span<float> scores = pool.scores(first);
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      scores[i] = static_cast<float>(lifts.Score(*pool.item(shortlist[i])));
    }
  }

  void Attribute(const RankInput&, const CandidatePool&, std::size_t, std::size_t,
                 std::span<float> by_place) const override {
    std::fill(by_place.begin(), by_place.end(), 0.0f);
  }

 private:
  std::size_t shortlist_;
  HalfLife half_life_;
};

}  // namespace

std::unique_ptr<CandidateSource> MakeSegmentSource(const RankOptions& options) {
  return std::make_unique<SegmentSource>(options);
}

}  // namespace freshet
