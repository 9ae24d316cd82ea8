#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "freshet/model.h"
#include "freshet/recommendation.h"
#include "rank/arrangement.h"
#include "rank/candidate_pool.h"
#include "rank/candidate_source.h"
#include "rank/features.h"
#include "rank/linear_mix.h"
#include "rank/mix_delta.h"
#include "rank/rank_options.h"

namespace freshet {

/// One entry of a list, before it is explained: its place, and what stands there.
struct RankedItem : Placed {
  const ItemModel* item = nullptr;  ///< borrowed from the view
  double score = 0;                 ///< the sum of its parts, added from part 0 on, then of the policy's
  std::array<double, kPartsMax> parts{};
  std::uint32_t proposed_by = 0;  ///< bit g: generator g proposed it; CandidatePool::kProposedByRule
};

struct RankedList {
  std::vector<RankedItem>
      items;              ///< in the order of the policy; without one the best first; ties: the smaller key
  FilterCounts filtered;  ///< candidates that did not qualify
  bool cold = false;      ///< nothing in the history speaks for the user
};

/// Working memory of Build, Learn and Explain: reused, so that a warm list allocates nothing. One for each
/// thread.
struct RankScratch {
  explicit RankScratch(const RankOptions& options)
      : user_factor(options.factor_places, options.factor_recency) {}
  CandidatePool pool;
  FeatureTable features;
  UserFactor user_factor;  ///< of the last Build or Learn: p for the factor statistics
  std::array<WindowItem, kFactorPlaces> places{};
  std::array<const ItemModel*, kFactorPlaces> place_items{};  ///< null: not known
  std::size_t place_count = 0;
  std::vector<double> scores;
  std::vector<std::uint32_t> order;
  Arrangement arrangement;
  CandidateLimits limits;
  std::vector<double>
      unfinished;  ///< what own items that are not ended add to scores, by row; empty: nothing
  RankedList list;
};

/// What a user took, for Learn.
struct Lesson {
  ItemKey taken;
  MixDelta& delta;
  UserMix* user = nullptr;  ///< learns its own effects and taste; may be that of the signals
  bool take_back = false;   ///< the event is taken back: the lesson is subtracted
};

/// How many of the parts that a mix weighs are generators, and how many there are.
struct MixShape {
  std::size_t generators = 0;
  std::size_t parts = 0;
};

/// Makes lists: candidates of all sources, filtered, shortlisted, scored by the mix, the k best. Immutable;
/// shared by threads, each with its own scratch. No I/O, no clock: a function of its arguments.
class ListBuilder final {
 public:
  explicit ListBuilder(const RankOptions& options);
  ListBuilder(const RankOptions& options, std::vector<std::unique_ptr<CandidateSource>> sources);

  const RankOptions& options() const { return options_; }
  std::size_t generators() const { return generators_.size(); }
  MixShape Shape() const { return {generators_.size(), part_names_.size()}; }
  /// Names of the parts of a score: generators, then item features.
  std::span<const std::string_view> PartNames() const { return part_names_; }
  /// Index of the part with this name; a generator's part has the generator's index. Empty: no such part.
  std::optional<std::size_t> PartNamed(std::string_view name) const;
  std::span<const GeneratorInfo> Generators() const { return generators_; }
  MixWeights WeightsFrom(const GlobalModel& global) const {
    return MixWeights::From(global, generators(), part_names_.size());
  }
  MixDelta NewDelta() const { return MixDelta(part_names_.size()); }

  /// The list for these signals. Valid until the scratch's next use.
  const RankedList& Build(const UserSignals& signals, const ItemView& view, const MixWeights& weights,
                          RankScratch& scratch) const;
  /// Learns from what the user took next: `before` is what was known before that event. False, with nothing
  /// learned, when the taken item was not on the shortlist.
  bool Learn(const UserSignals& before, const Lesson& lesson, const ItemView& view, const MixWeights& weights,
             RankScratch& scratch) const;
  /// What each of scratch.places adds to the raw score of a list's entry by one generator. by_place has
  /// scratch.place_count entries. After Build, with the same signals and view.
  void Attribute(const UserSignals& signals, const RankedItem& entry, std::size_t generator,
                 RankScratch& scratch, std::span<float> by_place) const;

 private:
  void Collect(const UserSignals& signals, const ItemView& view, RankScratch& scratch) const;
  using PartWeights = std::array<double, kPartsMax>;
  PartWeights EffectiveWeights(const UserSignals& signals, const MixWeights& weights) const;
  static void LimitCandidates(const UserSignals& signals, RankScratch& scratch);
  static void ScoreUnfinished(const UserSignals& signals, RankScratch& scratch);
  static void ShortlistPins(const RuleBook& rules, CandidatePool& pool);
  static void ScoreAll(const PartWeights& weights, RankScratch& scratch);
  static void PickBest(std::size_t k, RankScratch& scratch);
  static void Arrange(const UserSignals& signals, RankScratch& scratch);
  static void FillList(const PartWeights& weights, RankScratch& scratch);

  RankOptions options_;
  std::vector<std::unique_ptr<CandidateSource>> sources_;
  std::vector<GeneratorInfo> generators_;
  std::vector<std::size_t> source_of_;  ///< by generator
  std::vector<std::size_t> first_;      ///< generator, by source
  std::vector<std::string_view> part_names_;
  std::optional<std::size_t> only_generator_;
  std::uint32_t with_own_ = 0;  ///< bit b: the user's own events are among what part b says of items
};

}  // namespace freshet
