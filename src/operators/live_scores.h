#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "models/history_groups.h"
#include "models/rank_counts.h"
#include "models/rating_errors.h"
#include "operators/standing_lists.h"

namespace freshet {

/// Lists that one of two models got right and the other did not.
struct Discordant {
  std::uint64_t wins = 0;    ///< only the published list was right
  std::uint64_t losses = 0;  ///< only the other's
};

/// Errors of the ratings that the models predicted, and of those by the items' means, the baseline.
struct LiveRatings {
  RatingErrors hybrid;
  RatingErrors item_mean;
  Discordant nearer;  ///< wins: the hybrid's prediction was nearer to the rating

  void Add(double rating, double predicted, double mean_of_item);
  void Merge(const LiveRatings& other);
};

/// What scored lists, and the ratings that came meanwhile, add up to: whole numbers only, so that sums of
/// times and of tasks are exact in any order.
class LiveScores final {
 public:
  /// A list is right when the item that was taken is among its first so many.
  static constexpr std::size_t kRightWithin = 10;

  /// `challenger`: names the model of LiveModel::kChallenger; 0: there is none.
  explicit LiveScores(std::uint32_t challenger = 0) : challenger_(challenger) {}
  static std::uint32_t ChallengerOf(std::string_view generator);

  void Add(const LivePlaces& places, std::uint64_t history_events);
  LiveRatings& ratings() { return ratings_; }
  const LiveRatings& ratings() const { return ratings_; }
  /// Sums of another challenger are left out.
  void Merge(const LiveScores& other);

  std::uint32_t challenger() const { return challenger_; }
  std::uint64_t Lists() const { return Of(LiveModel::kHybrid).Lists(); }
  RankCounts Of(LiveModel model) const;
  const RankCounts& Of(LiveModel model, std::size_t history_group) const {
    return counts_[static_cast<std::size_t>(model)][history_group];
  }
  /// The published lists against those of `other`.
  const Discordant& Against(LiveModel other) const { return against_[static_cast<std::size_t>(other)]; }

  void Encode(ByteWriter& writer) const;
  bool Decode(ByteReader& reader);

 private:
  std::uint32_t challenger_;
  std::array<std::array<RankCounts, kHistoryGroups>, kLiveModels> counts_;
  std::array<Discordant, kLiveModels> against_;
  LiveRatings ratings_;
};

}  // namespace freshet
