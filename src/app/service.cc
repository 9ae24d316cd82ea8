#include "app/service.h"

#include <algorithm>
#include <filesystem>

#include "app/address_file.h"
#include "app/live_metrics.h"
#include "app/log_factory.h"
#include "app/queries.h"
#include "app/recommender_config.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/logging.h"
#include "base/process_memory.h"
#include "codec/recommendation_list.h"
#include "config/topics.h"
#include "serve/routes.h"

namespace freshet {
namespace {

constexpr const char* kStarting = "the process is starting";

}  // namespace

Service::Service(const Config& config) : config_(config), recommender_(RecommenderOptionsOf(config)) {}

Result<std::unique_ptr<Service>> Service::Start(const Config& config) {
  std::unique_ptr<Service> service(new Service(config));
  FRESHET_CHECK(service->StartParts());
  return service;
}

Service::~Service() { Stop(); }

Result<void> Service::StartParts() {
  std::error_code failed;
  std::filesystem::create_directories(config_.data.dir, failed);
  if (failed) {
    return MakeError(ErrorCode::kIo, fmt::format("data.dir {}: {}: choose a directory that can be written",
                                                 config_.data.dir, failed.message()));
  }
  // Before the group is joined: with a taken port the process ends without having had any task.
  FRESHET_CHECK(StartHttp());
  SupervisorOptions options = SupervisorOptionsOf(config_);
  storage_memory_ = options.task.storage_memory;
  FRESHET_TRY(log_, OpenLog(config_, LogAccess::kReadWrite, options.task.storage_memory));
  FRESHET_TRY(const std::vector<TopicSpec> wanted, WantedTopics(config_));
  FRESHET_CHECK(EnsureTopics(*log_, wanted));
  Topology topology = RecommenderTopology(recommender_);
  query_ = std::make_unique<UserQuery>(recommender_, topology);
  options.view.view = ViewOptionsOf(recommender_);
  supervisor_ = std::make_unique<Supervisor>(*log_, std::move(topology), std::move(options), metrics_,
                                             [this](const CommittedBatch& batch) { OnCommit(batch); });
  FRESHET_CHECK(supervisor_->Start());
  appender_ = std::make_unique<EventAppender>(*log_, config_, recommender_.decoder);
  started_ = true;
  FRESHET_CHECK(WriteAddressFile(config_, http_->Address()));
  LogInfo("serving", {{"address", http_->Address()},
                      {"data", config_.data.dir},
                      {"log", UsesEmbeddedLog(config_) ? "embedded" : config_.kafka.bootstrap_servers}});
  return {};
}

Result<void> Service::StartHttp() {
  FRESHET_TRY(const auto address, ParseListenAddress(config_.http.listen));
  HttpServerOptions options;
  options.address = address.first;
  options.port = address.second;
  options.body_bytes_max = static_cast<std::size_t>(config_.http.body_bytes_max);
  options.connections_max = static_cast<std::size_t>(config_.http.connections_max);
  options.request_timeout = config_.http.request_timeout;
  options.idle_timeout = config_.http.idle_timeout;
  options.metrics = &metrics_;
  RouteOptions routes;
  routes.k_default = static_cast<std::size_t>(config_.publish.k);
  FRESHET_TRY(http_, HttpServer::Start(options, BuildRoutes(*this, routes)));
  return {};
}

void Service::Stop() {
  if (http_ != nullptr) {
    http_->Stop();
    RemoveAddressFile(config_);
  }
  if (appender_ != nullptr) appender_->Stop();
  if (supervisor_ != nullptr) supervisor_->Stop();
}

void Service::OnCommit(const CommittedBatch& committed) {
  if (committed.spec->name != "user") return;
  static constexpr const char* kHelp = "Recommendation lists published";
  const std::string& topic = supervisor_->topology().TopicOf("recommendations");
  const std::string& deltas_topic = supervisor_->topology().TopicOf("item-deltas");
  std::uint64_t lists = 0;
  std::uint64_t bytes = 0;
  std::uint64_t deltas = 0;
  for (const OutputRecord& output : committed.batch->outputs()) {
    if (output.to.topic == deltas_topic) ++deltas;
    if (output.to.topic != topic || !output.value) continue;
    ++lists;
    bytes += output.value->size();
  }
  metrics_.GetCounter("freshet_lists_total", kHelp).Add(lists);
  metrics_.GetCounter("freshet_lists_bytes_total", "Bytes of recommendation lists published").Add(bytes);
  metrics_.GetCounter("freshet_item_deltas_total", "Records of item deltas published by user tasks")
      .Add(deltas);
}

void Service::CollectGauges() {
  CollectMemory();
  if (config_.evaluation.live) CollectLiveEvaluation();
  const Topology& topology = supervisor_->topology();
  std::uint64_t disk = 0;
  for (const OperatorSpec& spec : topology.operators) {
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      const auto state = supervisor_->StateOf(spec.name, {p});
      if (state == nullptr) continue;
      disk += state->DiskBytes();
    }
  }
  metrics_.GetGauge("freshet_state_disk_bytes", "State on disk, all tasks of this process")
      .Set(static_cast<double>(disk));
  metrics_
      .GetGauge("freshet_item_view_stubs", "Items of the view that events name and the catalogue does not")
      .Set(static_cast<double>(supervisor_->views().Latest()->StubCount()));
  metrics_.GetGauge("freshet_ready", "1 when all tasks run and the item view is caught up")
      .Set(Ready() ? 1 : 0);
}

void Service::CollectLiveEvaluation() {
  LiveScores sum(LiveScores::ChallengerOf(config_.evaluation.challenger));
  for (std::int32_t p = 0; p < supervisor_->topology().user_partitions; ++p) {
    const auto state = supervisor_->StateOf("user", {p});
    if (state == nullptr) continue;
    const auto figures = query_->Live(*state);
    if (!figures.ok()) continue;  // the task itself stops for it, and says so
    ShowScoredLists(metrics_, {p}, figures->scored);
    sum.Merge(figures->window);
  }
  ShowLiveScores(metrics_, sum, config_.evaluation.challenger);
}

void Service::CollectMemory() {
  const auto set = [&](const std::string& component, std::uint64_t bytes) {
    metrics_
        .GetGauge("freshet_memory_bytes", "Memory by component; what none of the others counts is other",
                  {{"component", component}})
        .Set(static_cast<double>(bytes));
  };
  const EngineMemory engine = supervisor_->Memory();
  const std::uint64_t storage = StorageMemoryBytes(*storage_memory_);
  const std::uint64_t known = engine.tables + engine.view + storage + log_->MemoryBytes();
  set("tables", engine.tables);
  set("view", engine.view);
  set("storage", storage);
  set("queues", log_->MemoryBytes());
  const std::uint64_t resident = ResidentBytes();
  set("other", resident > known ? resident - known : 0);
  metrics_.GetGauge("process_resident_memory_bytes", "Resident set size").Set(static_cast<double>(resident));
  metrics_.GetGauge("freshet_memory_budget_bytes", "state.memory_bytes")
      .Set(static_cast<double>(config_.state.memory_bytes));
}

std::string Service::MetricsText() {
  if (started_) CollectGauges();
  return metrics_.Text();
}

Condition Service::Health() {
  const std::string fatal = started_ ? supervisor_->FatalError() : "";
  if (fatal.empty()) return {true, {}};
  return {false, {fatal}};
}

Condition Service::Readiness() {
  if (!started_) return {false, {kStarting}};
  std::vector<std::string> missing = supervisor_->NotReady();
  return {missing.empty(), std::move(missing)};
}

void Service::AppendEvents(PostedEvents events, AppendDone done) {
  if (!started_) {
    AppendOutcome outcome;
    outcome.status = AppendStatus::kUnavailable;
    outcome.message = kStarting;
    return done(std::move(outcome));
  }
  appender_->Append(std::move(events), std::move(done));
}

Result<std::optional<std::string>> Service::Recommend(const std::string& user_id,
                                                      const ListQuestion& question) {
  if (!started_) return MakeError(ErrorCode::kUnavailable, kStarting);
  const std::int32_t partitions = supervisor_->topology().user_partitions;
  const Partition home = PartitionForKey(user_id, partitions);
  const auto view = supervisor_->views().Latest();
  FRESHET_TRY(const auto asked, QuestionOf(*query_, question, view->LatestEvent()));
  bool elsewhere = false;
  // Upstream may partition by another hash: the user's own partition first, then the others.
  for (std::int32_t i = 0; i < partitions; ++i) {
    const Partition partition{(home.value + i) % partitions};
    const auto state = supervisor_->StateOf("user", partition);
    if (state == nullptr) {
      elsewhere = true;
      continue;
    }
    FRESHET_TRY(auto list, query_->List({state.get(), partition}, *view, user_id, asked));
    if (list) return std::optional(EncodeAnswer(std::move(*list), question));
  }
  if (elsewhere) {
    return MakeError(ErrorCode::kUnavailable,
                     "this process does not run all user tasks now: ask again, or another "
                     "instance of the group");
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> Service::Similar(const std::string& item_id,
                                                    const ListQuestion& question) {
  if (!started_) return MakeError(ErrorCode::kUnavailable, kStarting);
  const auto view = supervisor_->views().Latest();
  return AnswerSimilar(*query_, *view, item_id, question);
}

}  // namespace freshet
