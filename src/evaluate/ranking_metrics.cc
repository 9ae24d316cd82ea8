#include "evaluate/ranking_metrics.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

double Discount(std::size_t rank) { return 1 / std::log2(1 + static_cast<double>(rank)); }

template <typename Combine>
void ForEachMetric(ListMetrics& to, const ListMetrics& from, Combine combine) {
  combine(to.precision, from.precision);
  combine(to.recall, from.recall);
  combine(to.f1, from.f1);
  combine(to.map, from.map);
  combine(to.ndcg, from.ndcg);
  combine(to.mrr, from.mrr);
  combine(to.hit_rate, from.hit_rate);
}

}  // namespace

std::optional<std::size_t> RankOf(std::span<const ScoredItem> list, ItemKey target) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const ScoredItem& each) { return each.item == target; });
  if (found == list.end() || !std::isfinite(found->score)) return std::nullopt;
  const auto ahead = std::count_if(list.begin(), list.end(), [&](const ScoredItem& each) {
    return each.item != target && !(each.score < found->score);
  });
  const auto rank = static_cast<std::size_t>(ahead) + 1;
  const bool cut = list.size() >= kRankedMax;
  if (cut && rank == list.size() && list.back().item != target) return std::nullopt;
  return rank;
}

ListMetrics MetricsOf(std::span<const std::size_t> ranks, std::size_t targets, std::size_t k) {
  ListMetrics metrics;
  if (targets == 0) return metrics;
  double hits = 0;
  for (const std::size_t rank : ranks) {
    if (rank > k) break;
    if (hits == 0) metrics.mrr = 1 / static_cast<double>(rank);
    hits += 1;
    metrics.map += hits / static_cast<double>(rank);
    metrics.ndcg += Discount(rank);
  }
  if (hits == 0) return metrics;
  const std::size_t reachable = std::min(k, targets);
  double ideal = 0;
  for (std::size_t rank = 1; rank <= reachable; ++rank) ideal += Discount(rank);
  metrics.hit_rate = 1;
  metrics.precision = hits / static_cast<double>(k);
  metrics.recall = hits / static_cast<double>(targets);
  metrics.f1 = 2 * metrics.precision * metrics.recall / (metrics.precision + metrics.recall);
  metrics.map /= static_cast<double>(reachable);
  metrics.ndcg /= ideal;
  return metrics;
}

void RankingMetrics::Add(std::span<const std::size_t> ranks, std::size_t targets) {
  ++lists_;
  for (std::size_t c = 0; c < kCutoffs.size(); ++c) {
    ForEachMetric(sums_[c], MetricsOf(ranks, targets, kCutoffs[c]),
                  [](double& sum, double value) { sum += value; });
  }
}

void RankingMetrics::Add(std::optional<std::size_t> rank) {
  const std::size_t place = rank.value_or(0);
  Add(std::span(&place, rank ? 1 : 0), 1);
}

ListMetrics RankingMetrics::At(std::size_t cutoff_index) const {
  ListMetrics means;
  if (lists_ == 0) return means;
  const auto count = static_cast<double>(lists_);
  ForEachMetric(means, sums_[cutoff_index], [count](double& mean, double sum) { mean = sum / count; });
  return means;
}

}  // namespace freshet
