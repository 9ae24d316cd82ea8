#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "models/history_window.h"
#include "models/user_factor.h"
#include "rank/candidate_pool.h"
#include "rank/rank_options.h"

namespace freshet {

/// What kind of evidence a generator's part of a score stands for: decides the reason's code and text.
enum class EvidenceKind : std::uint8_t {
  kFollows,
  kTogether,
  kSamePast,
  kSimilarUsers,
  kSimilarSessions,
  kOwnPast,
  kSimilarContent,
  kSegment,
  kPopular
};

struct GeneratorInfo {
  std::string_view name;  ///< key of score_parts
  EvidenceKind evidence;
  std::size_t half_life = 0;  ///< of kPopular
  /// Its scores leave out what the user's own events taught: they hold for items that the user has had, too.
  bool without_own = false;
};

/// Everything a source reads for one list.
struct RankInput {
  const UserSignals& signals;
  const ItemView& view;
  std::span<const WindowItem> places;             ///< the user's recent distinct items, the newest first
  std::span<const ItemModel* const> place_items;  ///< their models; null: not known
  UserFactor& user_factor;                        ///< computed by the factor source, read by whoever needs p
};

/// A source of candidates with one or more generators (columns of raw scores >= 0). Stateless: what it
/// computes for a list lives in the pool. Owned by the ListBuilder; called by one thread at a time for a
/// given pool.
class CandidateSource {
 public:
  virtual ~CandidateSource() = default;
  /// Its generators; generator i of the source is column first + i of the pool.
  virtual std::span<const GeneratorInfo> Generators() const = 0;
  /// Adds candidates to the pool and puts its strongest on the shortlist.
  virtual void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const = 0;
  /// Writes raw scores of every candidate on the shortlist, and the mass they are shares of.
  virtual void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const = 0;
  /// What each place adds to the raw score of shortlist()[index] by its generator number `generator`. All
  /// zero for evidence that is not the user's. by_place has one entry for each of input.places.
  virtual void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t generator,
                         std::size_t index, std::span<float> by_place) const = 0;
};

/// Rows of the last items: generators `transitions` (what followed them), `co_occurrence` (what came near
/// them), `co_occurrence_soon` (what came within hours of them), and `co_history` (what users who had them
/// also had).
std::unique_ptr<CandidateSource> MakeRowSource(const RankOptions& options);
/// `whole_history`: what goes with all of the user's recent items, each less what the others say already.
std::unique_ptr<CandidateSource> MakeHistorySource(const RankOptions& options);
/// Decayed popularity at three half-lives: `popularity_recent`, `popularity_medium`, `popularity_long`.
std::unique_ptr<CandidateSource> MakePopularitySource(const RankOptions& options);
/// `factors`: the user's folded-in factor against all items that have one.
std::unique_ptr<CandidateSource> MakeFactorSource(const RankOptions& options);
/// `session_knn`: what others did in sessions like the current one, as the view knows them.
std::unique_ptr<CandidateSource> MakeSessionSource(const RankOptions& options);
/// `returns`: the user's own last items, where lists may repeat them.
std::unique_ptr<CandidateSource> MakeReturnSource();
/// `next_item_net`: probabilities by the network of the view, which it scans. Dark where the view has none.
std::unique_ptr<CandidateSource> MakeNetSource(const RankOptions& options);
/// `content`: items whose catalogue entries are like those of the user's last items.
std::unique_ptr<CandidateSource> MakeContentSource(const RankOptions& options);

/// `segments`: what is popular with users at the same place of their history and with the same profile.
std::unique_ptr<CandidateSource> MakeSegmentSource(const RankOptions& options);

/// Those above, in the order of the code; whole_history, returns, the network, content and segments where the
/// options say so.
std::vector<std::unique_ptr<CandidateSource>> DefaultSources(const RankOptions& options);

}  // namespace freshet
