#include "models/rank_counts.h"

#include <algorithm>
#include <numeric>

#include "models/exact_math.h"

namespace freshet {

void RankCounts::Merge(const RankCounts& other) {
  for (std::size_t place = 0; place <= kPlaces; ++place) counts_[place] += other.counts_[place];
}

std::uint64_t RankCounts::Lists() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

template <typename Gain>
double RankCounts::Mean(std::size_t k, Gain gain) const {
  const std::uint64_t lists = Lists();
  if (lists == 0) return 0;
  double sum = 0;
  for (std::size_t place = 1; place <= std::min(k, kPlaces); ++place) {
    sum += static_cast<double>(counts_[place]) * gain(static_cast<double>(place));
  }
  return sum / static_cast<double>(lists);
}

double RankCounts::HitRate(std::size_t k) const {
  return Mean(k, [](double) { return 1.0; });
}

double RankCounts::Precision(std::size_t k) const { return HitRate(k) / static_cast<double>(k); }

double RankCounts::F1(std::size_t k) const {
  // Of a hit: precision 1 / k, recall 1.
  return HitRate(k) * 2 / static_cast<double>(k + 1);
}

double RankCounts::Ndcg(std::size_t k) const {
  return Mean(k, [](double place) { return 1 / Log2(1 + place); });
}

double RankCounts::Mrr(std::size_t k) const {
  return Mean(k, [](double place) { return 1 / place; });
}

}  // namespace freshet
