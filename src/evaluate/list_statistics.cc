#include "evaluate/list_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>

namespace freshet {
namespace {

using Groups = std::span<const std::uint64_t>;

double Divergence(double p, double mean) { return p > 0 ? p * std::log2(p / mean) : 0; }

double JensenShannon(Groups a, Groups b) {
  const auto total_a = static_cast<double>(std::accumulate(a.begin(), a.end(), std::uint64_t{0}));
  const auto total_b = static_cast<double>(std::accumulate(b.begin(), b.end(), std::uint64_t{0}));
  if (total_a == 0 || total_b == 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double p = static_cast<double>(a[i]) / total_a;
    const double q = static_cast<double>(b[i]) / total_b;
    sum += Divergence(p, (p + q) / 2) + Divergence(q, (p + q) / 2);
  }
  return sum / 2;
}

}  // namespace

double Gini(std::vector<std::uint64_t> counts, std::size_t population) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  if (total == 0 || population == 0) return 0;
  std::sort(counts.begin(), counts.end());
  population = std::max(population, counts.size());
  const auto n = static_cast<double>(population);
  double weighted = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto place = static_cast<double>(population - counts.size() + i + 1);
    weighted += (2 * place - n - 1) * static_cast<double>(counts[i]);
  }
  return weighted / (n * total);
}

void ListStatistics::AddList(const std::vector<const ItemModel*>& items, std::uint64_t events) {
  std::size_t reached = 0;
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
    // What a shorter cutoff counted is counted by At for the longer ones too.
    AtCutoff& to = cutoffs_[c];
    for (; reached < std::min(kCutoffs[c], items.size()); ++reached) {
      const ItemModel& item = *items[reached];
      ++to.listed[item.key];
      ++to.groups[static_cast<std::size_t>(std::bit_width(item.events))];
      ++to.items;
      to.popularity += static_cast<double>(item.events);
      const double share = static_cast<double>(std::max<std::uint64_t>(item.events, 1)) /
                           static_cast<double>(std::max<std::uint64_t>(events, 1));
      to.surprise -= std::log2(std::min(share, 1.0));
    }
  }
}

void ListStatistics::AddTaken(std::uint64_t item_events) {
  ++taken_[static_cast<std::size_t>(std::bit_width(item_events))];
}

ListStatistics::Values ListStatistics::At(std::size_t cutoff_index, std::size_t catalogue) const {
  AtCutoff sum;
  for (std::size_t c = 0; c <= cutoff_index; ++c) {
    const AtCutoff& part = cutoffs_[c];
    for (const auto& [item, count] : part.listed) sum.listed[item] += count;
    for (std::size_t g = 0; g < kPopularityGroups; ++g) sum.groups[g] += part.groups[g];
    sum.items += part.items;
    sum.popularity += part.popularity;
    sum.surprise += part.surprise;
  }
  Values values;
  if (sum.items == 0) return values;
  std::vector<std::uint64_t> counts;
  for (const auto& [item, count] : sum.listed) counts.push_back(count);
  values.coverage =
      static_cast<double>(counts.size()) / static_cast<double>(std::max(catalogue, counts.size()));
  values.gini = Gini(std::move(counts), catalogue);
  values.mean_popularity = sum.popularity / static_cast<double>(sum.items);
  values.novelty = sum.surprise / static_cast<double>(sum.items);
  values.popularity_calibration = JensenShannon(sum.groups, taken_);
  return values;
}

}  // namespace freshet
