#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "freshet/model.h"
#include "freshet/recommendation.h"
#include "rank/list_builder.h"

namespace freshet {

struct ExplainOptions {
  std::size_t reasons = 3;                       ///< at most, for each item
  std::size_t evidence_events = 4;               ///< at most, for each reason
  std::optional<std::uint8_t> ratings_input;     ///< events of this input are ratings: BECAUSE_YOU_RATED
  std::int64_t new_ms = 7LL * 24 * 3600 * 1000;  ///< an item first seen within this time is NEW
};

/// Where a user's history came from.
struct EvidenceOrigin {
  std::span<const std::string> topics;  ///< by input
  Partition partition;                  ///< of the user's task
};

/// "topic/partition/offset" of an event; empty where its topic is not known.
std::string CoordinatesOf(const HistoryEvent& event, const EvidenceOrigin& origin);

/// Turns a ranked entry into a published one: its score's parts, its sources and its strongest reasons. A
/// generator's part is shared over the user's past items pro rata to what each adds to the generator's raw
/// score; the contributions of the reasons with one part never exceed that part. Each past item is named at
/// most once.
class Explainer final {
 public:
  explicit Explainer(const ListBuilder& builder, const ExplainOptions& options = {})
      : builder_(builder), options_(options) {}

  /// Entry `index` of scratch.list; directly after Build, with the same signals and view.
  RecommendedItem Explain(std::size_t index, const UserSignals& signals, const ItemView& view,
                          const EvidenceOrigin& origin, RankScratch& scratch) const;

 private:
  struct Cause {
    std::size_t part = 0;
    std::size_t place = 0;  ///< kNoPlace: the item's own merit
    double contribution = 0;
  };
  static constexpr std::size_t kNoPlace = SIZE_MAX;
  std::vector<Cause> Causes(const RankedItem& entry, const UserSignals& signals, RankScratch& scratch) const;
  void AddRatingCauses(const RankedItem& entry, const UserSignals& signals, RankScratch& scratch,
                       std::vector<Cause>& causes) const;
  /// What the profile adds to the generator's raw score.
  double WishedFor(const RankedItem& entry, const GeneratorInfo& generator, const UserSignals& signals) const;
  bool IsRatings(std::size_t part) const { return part == builder_.generators() + kRatingsFeature; }
  std::vector<Cause> Strongest(std::vector<Cause> causes) const;
  /// The part and the contribution; the rest is the caller's.
  Reason ReasonBy(const Cause& cause) const;
  Reason FromPast(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                  const RankScratch& scratch) const;
  Reason FromRatings(const Cause& cause, const RankedItem& entry, const ItemView& view,
                     const UserSignals& signals, const RankScratch& scratch) const;
  Reason FromWish(const Cause& cause) const;
  /// What no place of the history speaks for.
  Reason FromOthers(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                    const RankScratch& scratch) const;
  Reason FromSegment(const Cause& cause, const RankedItem& entry, const SegmentLifts& lifts) const;
  Reason FromPopularity(const Cause& cause, const RankedItem& entry, const UserSignals& signals,
                        bool cold) const;
  void AddUnfinished(const RankedItem& entry, const UserSignals& signals, const EvidenceOrigin& origin,
                     RecommendedItem& item) const;
  static void AddExploration(RecommendedItem& item);
  void AddRules(const RankedItem& entry, const UserSignals& signals, RecommendedItem& item) const;
  void AddFallback(const RankedItem& entry, RecommendedItem& item) const;
  static void AddEvent(const HistoryEvent& event, const EvidenceOrigin& origin, Evidence& evidence);
  void AddEvents(const WindowItem& place, const UserSignals& signals, const EvidenceOrigin& origin,
                 Evidence& evidence) const;

  const ListBuilder& builder_;
  ExplainOptions options_;
};

}  // namespace freshet
