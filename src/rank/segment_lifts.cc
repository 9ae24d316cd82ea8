#include "rank/segment_lifts.h"

#include <algorithm>

#include "models/segment_sums.h"

namespace freshet {
namespace {

// Chosen on the first fifth of the users of MovieLens-1M, by their place in time (docs/QUALITY.md).
constexpr double kPrior = 300;      ///< events of an item that are as good as none: lifts shrink towards 1
constexpr double kEveryone = 0.01;  ///< of all events beside those of beginners: an order where these are few
constexpr double kLiftNamed = 1.05;  ///< a smaller one is no reason

}  // namespace

std::uint64_t BeginningOf(std::uint64_t events) {
  if (events == 0) return 1;
  if (events < 3) return 2;
  return events < 10 ? 3 : 0;
}

void SegmentLifts::Use(const UserSignals& signals, const ItemView& view, HalfLife half_life) {
  reader_ = DecayReader(signals.now, half_life);
  beginning_ = BeginningOf(signals.history.size());
  segments_ = signals.segments.first(std::min(signals.segments.size(), kProfileSegmentsMax));
  fields_ = segments_.size();
  shares_.fill(0);
  if (fields_ == 0) return;
  double all = 0;
  for (const PopularItem& popular : view.Popular(kHalfLives - 1)) {
    const ItemModel* item = view.Find(popular.item);
    if (item == nullptr) continue;
    all += std::max(reader_.ValueOf(item->popularity[kHalfLives - 1]), 0.0);
    for (std::size_t f = 0; f < fields_; ++f) shares_[f] += CountOf(*item, segments_[f].key);
  }
  for (double& share : shares_) share = all > 0 ? share / all : 0;
}

double SegmentLifts::CountOf(const ItemModel& item, std::uint64_t segment) const {
  const float weight = SegmentWeight(item.segments, segment);
  if (!(weight > 0)) return 0;
  return std::max(reader_.ValueOf({static_cast<double>(weight), item.segments.landmark}), 0.0);
}

double SegmentLifts::LiftOf(const ItemModel& item, std::size_t field, double all) const {
  const double share = shares_[field];
  if (!(share > 0)) return 1;
  return (CountOf(item, segments_[field].key) + kPrior * share) / ((all + kPrior) * share);
}

double SegmentLifts::Score(const ItemModel& item) const {
  const double all = std::max(reader_.ValueOf(item.popularity[kHalfLives - 1]), 0.0);
  double score = beginning_ == 0 ? all : CountOf(item, beginning_) + kEveryone * all;
  for (std::size_t f = 0; f < fields_; ++f) score *= LiftOf(item, f, all);
  return score;
}

SegmentLifts::Loudest SegmentLifts::LoudestOf(const ItemModel& item) const {
  const double all = std::max(reader_.ValueOf(item.popularity[kHalfLives - 1]), 0.0);
  Loudest loudest;
  double best = kLiftNamed;
  for (std::size_t f = 0; f < fields_; ++f) {
    const double lift = LiftOf(item, f, all);
    if (!(lift > best)) continue;
    best = lift;
    loudest = {&segments_[f], CountOf(item, segments_[f].key)};
  }
  if (loudest.field == nullptr) loudest.count = beginner() ? CountOf(item, beginning_) : all;
  return loudest;
}

}  // namespace freshet
