#include "app/queries.h"

#include <filesystem>

#include "app/log_factory.h"
#include "app/recommender_config.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/hash.h"
#include "codec/json_writer.h"
#include "codec/recommendation_list.h"
#include "engine/view_feed.h"

namespace freshet {
namespace {

std::string EncodeSimilar(const std::string& item_id, const std::vector<SimilarItem>& items) {
  std::string encoded;
  JsonWriter json(encoded);
  json.BeginObject();
  json.Field("item_id", item_id);
  json.Key("items");
  json.BeginArray();
  for (std::size_t i = 0; i < items.size(); ++i) {
    json.BeginObject();
    json.Field("rank", i + 1);
    json.Field("item_id", items[i].item->item_id);
    json.FieldIfAny("title", items[i].item->title);
    json.Field("score", items[i].score);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return encoded;
}

}  // namespace

Result<UserQuery::Question> QuestionOf(const UserQuery& query, const ListQuestion& question, Timestamp now) {
  UserQuery::Question asked{{now, question.k}, question.without, question.counterfactuals};
  if (!question.strategy.empty()) {
    FRESHET_TRY(asked.request.strategy, query.StrategyNamed(question.strategy));
  }
  return asked;
}

std::string EncodeAnswer(RecommendationList list, const ListQuestion& question) {
  list.generated_at = SystemClock().Now();
  list.request_id =
      fmt::format("q-{:016x}", Hash64(fmt::format("{} {}", list.user_id, list.generated_at.ms)));
  return EncodeRecommendationList(list, question.explain ? Detail::kFull : Detail::kCompact);
}

Result<std::optional<std::string>> AnswerSimilar(UserQuery& query, const ItemSnapshot& view,
                                                 const std::string& item_id, const ListQuestion& question) {
  FRESHET_TRY(const auto asked, QuestionOf(query, question, view.LatestEvent()));
  const auto similar = question.strategy.empty() ? SimilarItems(view, item_id, question.k)
                                                 : query.Similar(view, item_id, asked.request);
  if (!similar) return std::optional<std::string>();
  return std::optional(EncodeSimilar(item_id, *similar));
}

DirectoryQueries::DirectoryQueries(const Config& config)
    : config_(config),
      recommender_(RecommenderOptionsOf(config)),
      topology_(RecommenderTopology(recommender_)),
      query_(recommender_, topology_) {}

Result<std::unique_ptr<DirectoryQueries>> DirectoryQueries::Open(const Config& config) {
  std::unique_ptr<DirectoryQueries> queries(new DirectoryQueries(config));
  FRESHET_TRY(queries->log_, OpenLog(config, LogAccess::kReadOnly));
  FRESHET_CHECK(queries->FoldView());
  return queries;
}

Result<void> DirectoryQueries::FoldView() {
  MetricsRegistry metrics;
  ViewFeed::Options options;
  options.topic = topology_.TopicOf(kItemModelRole);
  options.partitions = topology_.item_partitions;
  options.view = ViewOptionsOf(recommender_);
  ViewFeed feed(*log_, options, metrics, SystemClock());
  FRESHET_CHECK(feed.Open());
  while (!feed.CaughtUp()) {
    auto stepped = feed.Step(std::chrono::milliseconds(100));
    if (!stepped.ok()) return stepped.error();
  }
  view_ = feed.Latest();
  return {};
}

Result<std::optional<std::string>> DirectoryQueries::Recommend(const std::string& user_id,
                                                               const ListQuestion& question) {
  FRESHET_TRY(const auto asked, QuestionOf(query_, question, view_->LatestEvent()));
  const std::int32_t partitions = topology_.user_partitions;
  const Partition home = PartitionForKey(user_id, partitions);
  for (std::int32_t i = 0; i < partitions; ++i) {
    const Partition partition{(home.value + i) % partitions};
    const std::string path = fmt::format("{}/state/user-{}/db", config_.data.dir, partition.value);
    if (!std::filesystem::exists(path)) continue;
    FRESHET_TRY(const auto state, Database::OpenReadOnly(path, {}));
    FRESHET_TRY(auto list, query_.List({state.get(), partition}, *view_, user_id, asked));
    if (list) return std::optional(EncodeAnswer(std::move(*list), question));
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> DirectoryQueries::Similar(const std::string& item_id,
                                                             const ListQuestion& question) {
  return AnswerSimilar(query_, *view_, item_id, question);
}

}  // namespace freshet
