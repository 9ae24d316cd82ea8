#include "app/live_metrics.h"

#include "base/format.h"
#include "models/mcnemar.h"
#include "operators/live_evaluation.h"

namespace freshet {
namespace {

void ShowModel(MetricsRegistry& metrics, const std::string& model, const RankCounts& counts) {
  const auto set = [&](const char* name, const char* help, std::size_t k, double value) {
    metrics.GetGauge(name, help, {{"model", model}, {"k", fmt::format("{}", k)}}).Set(value);
  };
  for (const std::size_t k : {10U, 20U}) {
    set("freshet_live_recall", "Part of the lists of the window with the item that their user took next", k,
        counts.HitRate(k));
    set("freshet_live_ndcg", "NDCG of the lists of the window", k, counts.Ndcg(k));
    set("freshet_live_mrr", "Mean reciprocal rank of the item that was taken, lists of the window", k,
        counts.Mrr(k));
  }
  metrics.GetGauge("freshet_live_lists", "Scored lists of the window", {{"model", model}})
      .Set(static_cast<double>(counts.Lists()));
}

void ShowComparison(MetricsRegistry& metrics, const std::string& other, const Discordant& cases) {
  const auto set = [&](const char* name, const char* help, double value) {
    metrics.GetGauge(name, help, {{"model", std::string(kHybridModel)}, {"other", other}}).Set(value);
  };
  set("freshet_live_wins", "Lists of the window that were right within 10 where the other model's was not",
      static_cast<double>(cases.wins));
  set("freshet_live_losses",
      "Lists of the window that were wrong where the other model's was right within 10",
      static_cast<double>(cases.losses));
  set("freshet_live_mcnemar_p",
      "Probability of so different wins and losses if both models were equally good",
      McNemarTest::Of(cases.wins, cases.losses).p);
}

void ShowErrors(MetricsRegistry& metrics, std::string_view model, const RatingErrors& errors) {
  const Labels labels = {{"model", std::string(model)}};
  metrics.GetGauge("freshet_live_rmse", "Error of predicted ratings of the window, in stars", labels)
      .Set(errors.Rmse());
  metrics.GetGauge("freshet_live_mae", "Mean absolute error of predicted ratings of the window", labels)
      .Set(errors.Mae());
  metrics.GetGauge("freshet_live_ratings", "Ratings of the window that were predicted", labels)
      .Set(static_cast<double>(errors.ratings()));
}

}  // namespace

void ShowScoredLists(MetricsRegistry& metrics, Partition partition, std::uint64_t scored) {
  Counter& counter = metrics.GetCounter(
      "freshet_live_lists_scored_total",
      "Lists of the user partition that were ever scored against what their user took next",
      {{"partition", fmt::format("{}", partition.value)}});
  if (scored > counter.Value()) counter.Add(scored - counter.Value());
}

void ShowLiveScores(MetricsRegistry& metrics, const LiveScores& scores, const std::string& challenger) {
  const std::string popularity(kPopularityModel);
  ShowModel(metrics, std::string(kHybridModel), scores.Of(LiveModel::kHybrid));
  ShowModel(metrics, popularity, scores.Of(LiveModel::kPopularity));
  ShowComparison(metrics, popularity, scores.Against(LiveModel::kPopularity));
  if (scores.ratings().hybrid.ratings() > 0) {
    ShowErrors(metrics, kHybridModel, scores.ratings().hybrid);
    ShowErrors(metrics, kItemMeanModel, scores.ratings().item_mean);
  }
  if (challenger.empty()) return;
  ShowModel(metrics, challenger, scores.Of(LiveModel::kChallenger));
  ShowComparison(metrics, challenger, scores.Against(LiveModel::kChallenger));
}

}  // namespace freshet
