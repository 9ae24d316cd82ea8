#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "freshet/event.h"
#include "freshet/result.h"

namespace freshet {

struct LineRejection {
  std::size_t line = 0;  ///< number of the event in its batch, from 1
  Rejection rejection;
};

enum class AppendStatus {
  kDurable,       ///< all events are in the log and survive the end of the process
  kRejected,      ///< at least one event was refused; nothing was appended
  kUnknownTopic,  ///< no input topic of that name; nothing was appended
  kOverloaded,    ///< too many batches wait already; nothing was appended
  kTooLarge,      ///< an event is longer than its topic takes; nothing was appended
  kUnavailable,   ///< the log is out of reach; the events may or may not have been appended
};

struct AppendOutcome {
  AppendStatus status = AppendStatus::kDurable;
  std::size_t accepted = 0;
  std::vector<LineRejection> rejections;
  std::string message;                  ///< what failed, where the status alone does not say it
  std::chrono::seconds retry_after{1};  ///< with kOverloaded and kUnavailable
};

using AppendDone = std::function<void(AppendOutcome)>;

/// The events of one request.
struct PostedEvents {
  std::string topic;  ///< a role or a topic's name
  std::vector<std::string> payloads;
  bool checked = true;  ///< false: bad ones are appended too, and the service makes dead letters of them
};

/// Healthy or ready, or else why not, a sentence each.
struct Condition {
  bool good = false;
  std::vector<std::string> reasons;
};

/// Which list is asked for.
struct ListQuestion {
  std::size_t k = 20;
  bool explain = true;
  std::string strategy = {};     ///< empty: for users what is published, for items the plain neighbours
  bool counterfactuals = false;  ///< with what would stand in each item's place without its reason
  std::vector<std::string> without = {};  ///< events or items that the user is taken not to have
};

/// What the HTTP interface asks of the process. Called by the server's one thread only; none may block.
class ServeBackend {
 public:
  virtual ~ServeBackend() = default;
  /// Prometheus text format 0.0.4.
  virtual std::string MetricsText() = 0;
  /// Healthy: the process works; if it is not, restarting it may help.
  virtual Condition Health() = 0;
  /// Ready: all tasks run and queries are answered from current state.
  virtual Condition Readiness() = 0;
  /// Decodes every payload of the batch and appends all of them or, where one is refused, none. Calls `done`
  /// exactly once, on any thread, possibly before it returns.
  virtual void AppendEvents(PostedEvents events, AppendDone done) = 0;
  /// A recommendation list (schemas/recommendation.schema.json) as JSON; absent: the user is not known.
  /// kInvalidArgument says what is wrong with the question.
  virtual Result<std::optional<std::string>> Recommend(const std::string& user_id,
                                                       const ListQuestion& question) = 0;
  /// {"item_id", "items": [...]} as JSON; absent: the item is not known. kInvalidArgument as above.
  virtual Result<std::optional<std::string>> Similar(const std::string& item_id,
                                                     const ListQuestion& question) = 0;
};

}  // namespace freshet
