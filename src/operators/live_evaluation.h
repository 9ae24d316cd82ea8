#pragma once

#include <optional>

#include "codec/evaluation_record.h"
#include "operators/live_window.h"
#include "operators/user_options.h"

namespace freshet {

/// Scores the lists of a user task against what their users did next, and publishes the sliding window's
/// metrics and McNemar's tests each time that it has moved on by a pane. Part of the operator: pure, its
/// memory is the running batch's.
class LiveEvaluation final {
 public:
  LiveEvaluation(const LiveEvaluationOptions& options, Partition partition);

  /// Names the challenger in standing lists; 0: there is none.
  std::uint32_t challenger() const { return challenger_; }
  /// An answered list; `history_events`: of the user, before the answer.
  void Score(const LivePlaces& places, std::uint64_t history_events, Context& context);
  /// A rating on the scale 1..5, as it was predicted before anything was learned from it, and as the item's
  /// mean would have predicted it.
  void ScoreRating(double rating, double predicted, double mean_of_item, Context& context);
  void Close(State& state);
  void Discard() { window_.reset(); }

 private:
  void Publish(const LiveScores& scores, Context& context) const;
  void PublishRatings(const LiveRatings& ratings, Context& context) const;
  void Emit(std::string_view metric, const EvaluationRecord& record, Context& context) const;
  EvaluationRecord NewRecord(std::string model, Context& context) const;
  std::string NameOf(LiveModel model) const;
  EvaluationRecord RecordOf(const LiveScores& scores, LiveModel model, Context& context) const;

  LiveEvaluationOptions options_;
  Partition partition_;
  std::uint32_t challenger_;
  std::optional<LiveWindow> window_;  ///< since the batch's first scored list
};

/// Names of the models that are compared beside the challenger, which has its generator's.
inline constexpr std::string_view kHybridModel = "hybrid";
inline constexpr std::string_view kPopularityModel = "popularity";
/// The baseline of predicted ratings.
inline constexpr std::string_view kItemMeanModel = "item_mean";
/// The generator that is the baseline: sums of the medium half-life.
inline constexpr std::string_view kBaselineGenerator = "popularity_medium";

}  // namespace freshet
