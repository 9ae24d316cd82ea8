#include "operators/live_scores.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace freshet {
namespace {

bool IsRight(std::uint8_t place) { return place > 0 && place <= LiveScores::kRightWithin; }

void Encode(const RankCounts& counts, ByteWriter& writer) {
  const std::uint64_t lists = counts.Lists();
  writer.Varint(lists);
  if (lists == 0) return;
  for (std::size_t place = 1; place <= RankCounts::kPlaces; ++place) writer.Varint(counts.At(place));
}

bool Decode(ByteReader& reader, RankCounts& counts) {
  std::uint64_t misses = reader.Varint();
  if (misses == 0) return reader.ok();
  for (std::size_t place = 1; place <= RankCounts::kPlaces; ++place) {
    const std::uint64_t times = reader.Varint();
    if (times > misses) return false;
    counts.Add(place, times);
    misses -= times;
  }
  counts.Add(0, misses);
  return reader.ok();
}

}  // namespace

void LiveRatings::Add(double rating, double predicted, double mean_of_item) {
  hybrid.Add(rating, predicted);
  item_mean.Add(rating, mean_of_item);
  const double by_hybrid = std::abs(rating - predicted);
  const double by_mean = std::abs(rating - mean_of_item);
  if (by_hybrid < by_mean) ++nearer.wins;
  if (by_mean < by_hybrid) ++nearer.losses;
}

void LiveRatings::Merge(const LiveRatings& other) {
  hybrid.Merge(other.hybrid);
  item_mean.Merge(other.item_mean);
  nearer.wins += other.nearer.wins;
  nearer.losses += other.nearer.losses;
}

std::uint32_t LiveScores::ChallengerOf(std::string_view generator) {
  if (generator.empty()) return 0;
  return std::max(1U, static_cast<std::uint32_t>(Hash64(generator)));
}

void LiveScores::Add(const LivePlaces& places, std::uint64_t history_events) {
  const std::size_t group = HistoryGroupOf(history_events);
  const bool published = IsRight(places.by_model[0]);
  for (std::size_t model = 0; model < kLiveModels; ++model) {
    const std::uint8_t place = places.by_model[model];
    if (place == LivePlaces::kNoList) continue;
    counts_[model][group].Add(place);
    const bool other = IsRight(place);
    if (published && !other) ++against_[model].wins;
    if (other && !published) ++against_[model].losses;
  }
}

void LiveScores::Merge(const LiveScores& other) {
  const std::size_t models = other.challenger_ == challenger_ ? kLiveModels : kLiveModels - 1;
  for (std::size_t model = 0; model < models; ++model) {
    for (std::size_t group = 0; group < kHistoryGroups; ++group) {
      counts_[model][group].Merge(other.counts_[model][group]);
    }
    against_[model].wins += other.against_[model].wins;
    against_[model].losses += other.against_[model].losses;
  }
  ratings_.Merge(other.ratings_);
}

RankCounts LiveScores::Of(LiveModel model) const {
  RankCounts sum;
  for (const RankCounts& group : counts_[static_cast<std::size_t>(model)]) sum.Merge(group);
  return sum;
}

void LiveScores::Encode(ByteWriter& writer) const {
  writer.Fixed(challenger_);
  const std::size_t models = challenger_ == 0 ? kLiveModels - 1 : kLiveModels;
  for (std::size_t model = 0; model < models; ++model) {
    for (const RankCounts& group : counts_[model]) freshet::Encode(group, writer);
    writer.Varint(against_[model].wins);
    writer.Varint(against_[model].losses);
  }
  ratings_.hybrid.Encode(writer);
  ratings_.item_mean.Encode(writer);
  writer.Varint(ratings_.nearer.wins);
  writer.Varint(ratings_.nearer.losses);
}

bool LiveScores::Decode(ByteReader& reader) {
  *this = LiveScores(reader.Fixed<std::uint32_t>());
  const std::size_t models = challenger_ == 0 ? kLiveModels - 1 : kLiveModels;
  for (std::size_t model = 0; model < models; ++model) {
    for (RankCounts& group : counts_[model]) {
      if (!freshet::Decode(reader, group)) return false;
    }
    against_[model].wins = reader.Varint();
    against_[model].losses = reader.Varint();
  }
  if (!ratings_.hybrid.Decode(reader) || !ratings_.item_mean.Decode(reader)) return false;
  ratings_.nearer.wins = reader.Varint();
  ratings_.nearer.losses = reader.Varint();
  return reader.ok();
}

}  // namespace freshet
