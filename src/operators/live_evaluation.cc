#include "operators/live_evaluation.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "models/mcnemar.h"

namespace freshet {
namespace {

constexpr std::array<std::size_t, 3> kLiveCutoffs = {5, 10, 20};
constexpr std::string_view kRanking = "ranking";

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

ModelComparison CompareWith(std::string other, const Discordant& cases) {
  const McNemarTest test = McNemarTest::Of(cases.wins, cases.losses);
  return {std::move(other), "hit_rate@10", cases.wins, cases.losses, test.statistic, test.p};
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

void LiveEvaluation::Publish(const LiveScores& scores, Context& context) const {
  for (const LiveModel model : {LiveModel::kHybrid, LiveModel::kPopularity, LiveModel::kChallenger}) {
    if (model == LiveModel::kChallenger && challenger_ == 0) continue;
    OutputRecord out;
    out.to = {"evaluations", partition_};
    out.key = fmt::format("{}:{}", NameOf(model), kRanking);
    out.value = EncodeEvaluation(RecordOf(scores, model, context));
    context.Emit(std::move(out));
  }
}

std::string LiveEvaluation::NameOf(LiveModel model) const {
  if (model == LiveModel::kChallenger) return options_.challenger;
  return std::string(model == LiveModel::kHybrid ? kHybridModel : kPopularityModel);
}

EvaluationRecord LiveEvaluation::RecordOf(const LiveScores& scores, LiveModel model, Context& context) const {
  EvaluationRecord record;
  record.model_name = NameOf(model);
  record.model_version = FRESHET_VERSION;
  record.protocol = "prequential";
  record.window = fmt::format("last {} lists", options_.window);
  const RankCounts counts = scores.Of(model);
  record.n = counts.Lists();
  record.metrics = MetricsOf(counts);
  record.by = GroupsOf(scores, model);
  if (model == LiveModel::kHybrid) {
    record.compare = CompareWith(NameOf(LiveModel::kPopularity), scores.Against(LiveModel::kPopularity));
  } else {
    const Discordant& cases = scores.Against(model);
    record.compare = CompareWith(NameOf(LiveModel::kHybrid), {cases.losses, cases.wins});
  }
  record.partition = partition_;
  record.generated_at = context.BatchTime();
  record.watermark = context.watermark();
  record.state_seq = context.Sequence();
  return record;
}

}  // namespace freshet
