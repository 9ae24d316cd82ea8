#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "app/event_appender.h"
#include "base/metrics.h"
#include "config/config.h"
#include "engine/supervisor.h"
#include "engine/user_query.h"
#include "freshet/log.h"
#include "serve/backend.h"
#include "serve/http_server.h"

namespace freshet {

/// The running recommender: log, tasks, HTTP. Start and Stop by one thread. HTTP answers from the beginning,
/// with 503 where the other parts are not there yet.
///
/// Destruction order: HTTP first (it calls everything), then the tasks, then the log they use.
class Service final : private ServeBackend {
 public:
  static Result<std::unique_ptr<Service>> Start(const Config& config);
  ~Service() override;
  /// Finishes or aborts what runs and leaves the group.
  void Stop();
  /// host:port of the HTTP interface.
  const std::string& Address() const { return http_->Address(); }
  bool Ready() const { return supervisor_->NotReady().empty(); }
  /// Why the process should end; empty: it should not.
  std::string FatalError() const { return supervisor_->FatalError(); }
  MetricsRegistry& metrics() { return metrics_; }
  Log& log() { return *log_; }

 private:
  explicit Service(const Config& config);
  Result<void> StartParts();
  Result<void> StartHttp();
  void OnCommit(const CommittedBatch& committed);
  void CollectGauges();
  void CollectMemory();
  void CollectLiveEvaluation();

  std::string MetricsText() override;
  Condition Health() override;
  Condition Readiness() override;
  void AppendEvents(PostedEvents events, AppendDone done) override;
  Result<std::optional<std::string>> Recommend(const std::string& user_id,
                                               const ListQuestion& question) override;
  Result<std::optional<std::string>> Similar(const std::string& item_id,
                                             const ListQuestion& question) override;

  const Config config_;
  const RecommenderOptions recommender_;
  MetricsRegistry metrics_;
  std::shared_ptr<StorageMemory> storage_memory_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<UserQuery> query_;
  std::unique_ptr<EventAppender> appender_;
  std::atomic<bool> started_ = false;  // the parts above are there: HTTP's thread may use them
  std::unique_ptr<HttpServer> http_;
};

}  // namespace freshet
