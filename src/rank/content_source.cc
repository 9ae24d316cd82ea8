#include <algorithm>
#include <array>

#include "models/content_code.h"
#include "models/exact_math.h"
#include "rank/candidate_source.h"
#include "rank/vector_search.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {
    GeneratorInfo{"content", EvidenceKind::kSimilarContent}};

/// Sum over the user's last items, and what the profile asks for, of weight times the likeness of their
/// content to the candidate's, as the catalogue tells it: an item is found as soon as its entry is there.
class ContentSource final : public CandidateSource {
 public:
  explicit ContentSource(const RankOptions& options) : shortlist_(options.shortlist) {
    for (std::size_t i = 0; i < kFactorPlaces; ++i) {
      lags_[i] = static_cast<float>(Exp(-static_cast<double>(i) / options.content_recency));
    }
  }

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    const ContentVector query = QueryOf(input);
    const auto exact = [&query](const ItemModel& item) { return ContentProduct(query, item.content); };
    ProposeByVector({VectorSpace::kContent, query, exact, shortlist_}, first, pool);
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    if (pool.mass(first).sum <= 0) return;
    const ContentVector query = QueryOf(input);
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    const std::span<float> scores = pool.scores(first);
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      const ItemModel& item = *pool.item(shortlist[i]);
      if (item.content.known()) scores[i] = ContentProduct(query, item.content);
    }
  }

  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t, std::size_t index,
                 std::span<float> by_place) const override {
    std::fill(by_place.begin(), by_place.end(), 0.0f);
    const ItemModel& item = *pool.item(pool.shortlist()[index]);
    if (!item.content.known()) return;
    for (std::size_t i = 0; i < by_place.size(); ++i) {
      const ContentCode* past = ContentAt(input, i);
      if (past != nullptr)
        by_place[i] = WeightAt(input, i) * ContentProduct(DecodeContent(*past), item.content);
    }
  }

 private:
  static const ContentCode* ContentAt(const RankInput& input, std::size_t place) {
    if (input.places[place].strength <= 0) return nullptr;
    const ItemModel* item = input.place_items[place];
    return item == nullptr || !item->content.known() ? nullptr : &item->content;
  }
  float WeightAt(const RankInput& input, std::size_t place) const {
    return lags_[place] * input.places[place].strength;
  }
  ContentVector QueryOf(const RankInput& input) const {
    ContentVector query{};
    if (input.signals.wish != nullptr) query = DecodeContent(*input.signals.wish);  // as the newest place
    for (std::size_t i = 0; i < input.places.size(); ++i) {
      const ContentCode* past = ContentAt(input, i);
      if (past == nullptr) continue;
      const float weight = WeightAt(input, i) * past->scale;
      for (std::size_t d = 0; d < kContentDimensions; ++d) {
        query[d] += weight * static_cast<float>(past->codes[d]);
      }
    }
    return query;
  }

  std::size_t shortlist_;
  std::array<float, kFactorPlaces> lags_{};
};

}  // namespace

std::unique_ptr<CandidateSource> MakeContentSource(const RankOptions& options) {
  return std::make_unique<ContentSource>(options);
}

}  // namespace freshet
