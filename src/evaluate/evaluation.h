#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_time.h"
#include "connectors/file/lines.h"
#include "evaluate/event_source.h"
#include "evaluate/interaction_list.h"
#include "evaluate/list_statistics.h"
#include "evaluate/offline_recommender.h"
#include "evaluate/part_places.h"
#include "evaluate/ranking_metrics.h"
#include "evaluate/rating_metrics.h"
#include "evaluate/report.h"
#include "models/history_groups.h"

namespace freshet {

/// Users are cold after so many events, and items before so many.
inline constexpr std::array<std::uint64_t, 4> kColdUsers = {0, 1, 3, 5};
inline constexpr std::uint64_t kColdItemEvents = 20;

struct EvaluationOptions {
  RecommenderOptions recommender;
  std::string model = "hybrid";  ///< its name in the report
  std::string save_scores;       ///< file for the rank of each target; empty: none
  bool ratings = false;          ///< ratings are scored, not lists
  bool cold_start = false;       ///< the report has a breakdown of what was cold
  bool parts = false;            ///< the report has the hits of each generator alone, too
  std::function<std::chrono::nanoseconds()> work_time = ThreadTime;  ///< for the costs of an event
  std::function<void(std::uint64_t events)> progress = [](std::uint64_t) {};
};

/// Runs the recommender for a protocol: learns, ranks, scores and keeps the time of each. One thread.
class Evaluation final {
 public:
  Evaluation(const EvaluationOptions& options, const Clock& clock);
  /// Opens the file for scores, where one is asked for.
  Result<void> Open();

  /// True for an event by which a user takes an item: what lists are scored by.
  bool IsTarget(const EvaluationEvent& event) const;
  /// One batch; each of its events changes its user, and the item model unless that is frozen.
  Result<void> Learn(std::span<const EvaluationEvent> batch,
                     OfflineRecommender::Learning learning = OfflineRecommender::Learning::kAll);
  /// Learns all rows, one a batch.
  Result<void> LearnAll(const InteractionList& list);
  /// Makes the list of kRankedMax for a user at a time, which is then scored.
  Result<void> Rank(const std::string& user_id, Timestamp at);
  /// Scores the last list by the one item that its user took next.
  Result<void> Score(const EvaluationEvent& taken);
  /// Events that are known of the user and of the item that this one names; the view's, for the item.
  struct KnownEvents {
    std::uint64_t of_user = 0;
    std::uint64_t of_item = 0;
  };
  Result<KnownEvents> KnownBefore(const EvaluationEvent& event);
  /// The last list's user.
  const UserState& user() const { return *user_; }
  /// True where that user had taken the item before.
  bool SeenBefore(const std::string& item_id) const;

  /// Scores the last list by several items that its user took.
  Result<void> ScoreMany(const std::string& user_id, std::span<const std::string> taken);

  void Count(const std::string& name, std::uint64_t count) { counts_.emplace_back(name, count); }
  /// Compares the rating that the model expects with what the user gave. Before the event is learned.
  Result<void> ScoreRating(const EvaluationEvent& event);

  /// Reports of what was scored; they close the file for scores, too.
  Result<EvaluationReport> FinishLists(const std::string& protocol, const std::string& input);
  Result<EvaluationReport> FinishRatings(const std::string& protocol, const std::string& input);

 private:
  struct Stopwatch {
    std::chrono::nanoseconds spent{0};
    std::uint64_t times = 0;
    double Microseconds() const;
  };
  static constexpr std::size_t kAgeGroups = 5;
  /// The rating, on the scale of the event, that the model expects.
  Result<double> Predict(const EvaluationEvent& event);
  void ScoreCold(const ItemModel* item, std::optional<std::size_t> rank);
  Result<void> Save(const std::string& user_id, const std::string& item_id, std::optional<std::size_t> rank);
  Result<EvaluationReport> Finish(const std::string& protocol, const std::string& input);

  EvaluationOptions options_;
  const Clock& clock_;
  OfflineRecommender recommender_;
  std::optional<LineWriter> scores_;
  RatingMetrics ratings_;
  std::array<RatingMetrics, kHistoryGroups> ratings_by_history_;
  std::optional<UserState> user_;
  std::vector<ScoredItem> list_;
  std::vector<const ItemModel*> listed_;
  Timestamp list_at_;
  RankingMetrics metrics_;
  std::array<RankingMetrics, kHistoryGroups> by_history_;
  std::array<RankingMetrics, kAgeGroups> by_age_;
  std::array<RankingMetrics, kColdUsers.size()> cold_users_;
  std::array<RankingMetrics, 1> cold_items_;
  std::optional<PartPlaces> parts_;
  ListStatistics statistics_;
  std::uint64_t targets_ = 0;
  std::uint64_t targets_in_pool_ = 0;
  std::uint64_t learned_ = 0;
  Stopwatch updates_;
  Stopwatch queries_;
  std::chrono::nanoseconds start_;
  std::vector<NamedCount> counts_;
};

}  // namespace freshet
