#include "operators/live_evaluation.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "models/mcnemar.h"

namespace freshet {
namespace {

constexpr std::array<std::size_t, 3> kLiveCutoffs = {5, 10, 20};
constexpr std::string_view kRanking = "ranking";
constexpr std::string_view kRating = "rating";

std::vector<NamedMetric> MetricsOf(const RankCounts& counts) {
  std::vector<NamedMetric> metrics;
  for (const std::size_t k : kLiveCutoffs) {
    const auto add = [&](std::string_view name, double value) {
      metrics.push_back({fmt::format("{}@{}", name, k), value});
    };
    add("hit_rate", counts.HitRate(k));
    add("ndcg", counts.Ndcg(k));
    add("mrr", counts.Mrr(k));
    add("precision", counts.Precision(k));
    add("recall", counts.HitRate(k));
    add("f1", counts.F1(k));
    add("map", counts.Mrr(k));
  }
  return metrics;
}

std::vector<EvaluationRecord::Group> GroupsOf(const LiveScores& scores, LiveModel model) {
  std::vector<EvaluationRecord::Group> groups;
  for (std::size_t g = 0; g < kHistoryGroups; ++g) {
    const RankCounts& counts = scores.Of(model, g);
    if (counts.Lists() == 0) continue;
    groups.push_back({fmt::format("history_{}", kHistoryGroupNames[g]),
                      counts.Lists(),
                      {{"recall@10", counts.HitRate(10)}, {"ndcg@10", counts.Ndcg(10)}}});
  }
  return groups;
}

ModelComparison CompareLists(std::string_view other, const Discordant& cases) {
  const McNemarTest test = McNemarTest::Of(cases.wins, cases.losses);
  return {std::string(other), "mcnemar", "hit_rate@10", cases.wins, cases.losses, test.statistic, test.p};
}

/// McNemar's test is the sign test of pairs that are right or wrong.
ModelComparison CompareRatings(std::string_view other, const Discordant& cases) {
  const McNemarTest test = McNemarTest::Of(cases.wins, cases.losses);
  return {std::string(other), "sign", "absolute_error", cases.wins, cases.losses, test.statistic, test.p};
}

std::vector<NamedMetric> MetricsOf(const RatingErrors& errors) {
  return {{"rmse", errors.Rmse()}, {"mse", errors.Mse()}, {"mae", errors.Mae()}};
}

}  // namespace

LiveEvaluation::LiveEvaluation(const LiveEvaluationOptions& options, Partition partition)
    : options_(options), partition_(partition), challenger_(LiveScores::ChallengerOf(options.challenger)) {}

void LiveEvaluation::Score(const LivePlaces& places, std::uint64_t history_events, Context& context) {
  if (!window_) window_ = LiveWindow::Load(context.state(), challenger_);
  window_->Add(places, history_events);
  if (window_->OpenLists() < std::max<std::uint64_t>(1, options_.window / LiveWindow::kPanes)) return;
  Publish(window_->Sum(context.state()), context);
  window_->ClosePane(context.state());
}

void LiveEvaluation::Close(State& state) {
  if (window_) window_->Save(state);
}

void LiveEvaluation::ScoreRating(double rating, double predicted, double mean_of_item, Context& context) {
  if (!options_.on) return;
  if (!window_) window_ = LiveWindow::Load(context.state(), challenger_);
  window_->AddRating(rating, predicted, mean_of_item);
}

void LiveEvaluation::Publish(const LiveScores& scores, Context& context) const {
  for (const LiveModel model : {LiveModel::kHybrid, LiveModel::kPopularity, LiveModel::kChallenger}) {
    if (model == LiveModel::kChallenger && challenger_ == 0) continue;
    Emit(kRanking, RecordOf(scores, model, context), context);
  }
  if (scores.ratings().hybrid.ratings() > 0) PublishRatings(scores.ratings(), context);
}

void LiveEvaluation::PublishRatings(const LiveRatings& ratings, Context& context) const {
  const auto emit = [&](std::string_view model, const RatingErrors& errors, ModelComparison compare) {
    EvaluationRecord record = NewRecord(std::string(model), context);
    record.n = errors.ratings();
    record.metrics = MetricsOf(errors);
    record.compare = std::move(compare);
    Emit(kRating, record, context);
  };
  const Discordant& cases = ratings.nearer;
  emit(kHybridModel, ratings.hybrid, CompareRatings(kItemMeanModel, cases));
  emit(kItemMeanModel, ratings.item_mean, CompareRatings(kHybridModel, {cases.losses, cases.wins}));
}

void LiveEvaluation::Emit(std::string_view metric, const EvaluationRecord& record, Context& context) const {
  OutputRecord out;
  out.to = {"evaluations", partition_};
  out.key = fmt::format("{}:{}", record.model_name, metric);
  out.value = EncodeEvaluation(record);
  context.Emit(std::move(out));
}

std::string LiveEvaluation::NameOf(LiveModel model) const {
  if (model == LiveModel::kChallenger) return options_.challenger;
  return std::string(model == LiveModel::kHybrid ? kHybridModel : kPopularityModel);
}

EvaluationRecord LiveEvaluation::NewRecord(std::string model, Context& context) const {
  EvaluationRecord record;
  record.model_name = std::move(model);
  record.model_version = FRESHET_VERSION;
  record.protocol = "prequential";
  record.window = fmt::format("last {} lists", options_.window);
  record.partition = partition_;
  record.generated_at = context.BatchTime();
  record.watermark = context.watermark();
  record.state_seq = context.Sequence();
  return record;
}

EvaluationRecord LiveEvaluation::RecordOf(const LiveScores& scores, LiveModel model, Context& context) const {
  EvaluationRecord record = NewRecord(NameOf(model), context);
  const RankCounts counts = scores.Of(model);
  record.n = counts.Lists();
  record.metrics = MetricsOf(counts);
  record.by = GroupsOf(scores, model);
  if (model == LiveModel::kHybrid) {
    record.compare = CompareLists(kPopularityModel, scores.Against(LiveModel::kPopularity));
  } else {
    const Discordant& cases = scores.Against(model);
    record.compare = CompareLists(kHybridModel, {cases.losses, cases.wins});
  }
  return record;
}

}  // namespace freshet
