#include "config/field_builders.h"

namespace freshet {
namespace {

std::vector<Field> PublishFields() {
  return {
      Integer(
          "publish.k", {1, 200}, "Items of a published list.", [](auto& c) -> auto& { return c.publish.k; }),
      Choice<Detail>(
          "publish.detail", {{"full", Detail::kFull}, {"compact", Detail::kCompact}},
          "compact leaves texts and evidence out of the published list; the API still answers with them.",
          [](auto& c) -> auto& { return c.publish.detail; }),
      Duration(
          "publish.min_interval", {0, kDayMs},
          "Event time that must pass between two lists of one user. 0: every change is published.",
          [](auto& c) -> auto& { return c.publish.min_interval; }),
      Integer(
          "publish.refresh_users_per_batch", {0, 100'000},
          "Users a batch may refresh because items changed, not because they acted, and a quarter as many as "
          "acted\n"
          "in it. Bounds that work; the users take turns. 0: lists change only with their user's own events.",
          [](auto& c) -> auto& { return c.publish.refresh_users_per_batch; }),
      Integer(
          "publish.active_users", {0, 100'000},
          "Users of each task, the last to act, whose lists are refreshed when items they depend on change.",
          [](auto& c) -> auto& { return c.publish.active_users; }),
      Choice<ListCompression>(
          "publish.compression",
          {{"none", ListCompression::kNone},
           {"lz4", ListCompression::kLz4},
           {"zstd", ListCompression::kZstd}},
          "Compression of what is written to Kafka. lz4 costs little; zstd is smaller and slower.\n"
          "compression.type or compression.codec in [kafka.producer] or [kafka.common] holds instead of it.",
          [](auto& c) -> auto& { return c.publish.compression; }),
      Choice<Repeats>(
          "publish.repeats", {{"exclude", Repeats::kExclude}, {"allow", Repeats::kAllow}},
          "exclude: an item the user has already taken is not recommended again (films, courses).\n"
          "allow: it may be (groceries, music).",
          [](auto& c) -> auto& { return c.publish.repeats; }),
  };
}

std::vector<Field> EvaluationFields() {
  return {
      Flag(
          "evaluation.live",
          "Each published list is scored against what its user takes next, beside a list by popularity: "
          "/metrics\nand the topic evaluations. Costs about a microsecond and 120 bytes of state a user.",
          [](auto& c) -> auto& { return c.evaluation.live; }),
      Integer(
          "evaluation.window", {20, 100'000'000},
          "The metrics are over so many scored lists of a user partition, the last ones; a record comes each "
          "time\nthat a twentieth of them is new.",
          [](auto& c) -> auto& { return c.evaluation.window; }),
      Choice<std::string>(
          "evaluation.challenger",
          {{"none", ""},
           {"transitions", "transitions"},
           {"co_occurrence", "co_occurrence"},
           {"co_history", "co_history"},
           {"co_history_recent", "co_history_recent"},
           {"co_occurrence_soon", "co_occurrence_soon"},
           {"factors", "factors"},
           {"session_knn", "session_knn"},
           {"next_item_net", "next_item_net"},
           {"popularity_recent", "popularity_recent"},
           {"popularity_long", "popularity_long"}},
          "A generator whose own lists are compared too. What it would have listed is known when a list is "
          "made.",
          [](auto& c) -> auto& { return c.evaluation.challenger; }),
  };
}

std::vector<Field> HttpFields() {
  return {
      Text(
          "http.listen",
          "address:port of the HTTP interface; port 0 takes a free one. The default is reachable from this "
          "machine\n"
          "only: there is no authentication, so put a proxy in front before opening it.",
          [](auto& c) -> auto& { return c.http.listen; }),
      Size(
          "http.body_bytes_max", {1'024, 1024 * kMiB}, "A longer request body is refused (413).",
          [](auto& c) -> auto& { return c.http.body_bytes_max; }),
      Integer(
          "http.queue_max", {1, 100'000},
          "Posted batches that wait to be appended; one more is refused with 429 and Retry-After.",
          [](auto& c) -> auto& { return c.http.queue_max; }),
      Integer(
          "http.connections_max", {1, 100'000}, "Open connections; one more is answered 503 and closed.",
          [](auto& c) -> auto& { return c.http.connections_max; }),
      Duration(
          "http.request_timeout", {10, 10 * kMinuteMs},
          "A request must have arrived completely, and its answer have been taken, within this time each.",
          [](auto& c) -> auto& { return c.http.request_timeout; }),
      Duration(
          "http.idle_timeout", {10, kDayMs}, "A connection without a request is closed after this time.",
          [](auto& c) -> auto& { return c.http.idle_timeout; }),
  };
}

std::vector<Field> LoggingFields() {
  return {
      Choice<LogLevel>(
          "log.level",
          {{"debug", LogLevel::kDebug},
           {"info", LogLevel::kInfo},
           {"warn", LogLevel::kWarn},
           {"error", LogLevel::kError},
           {"off", LogLevel::kOff}},
          "info: life cycle; warn: degraded; error: someone must act. Nothing is logged per event.",
          [](auto& c) -> auto& { return c.log.level; }),
      Choice<LogFormat>(
          "log.format", {{"text", LogFormat::kKeyValue}, {"json", LogFormat::kJson}},
          "text: key=value lines for people; json: one object a line for collectors.",
          [](auto& c) -> auto& { return c.log.format; }),
  };
}

}  // namespace

std::vector<Field> ServiceFields() {
  std::vector<Field> fields = PublishFields();
  for (const auto& part : {EvaluationFields(), HttpFields(), LoggingFields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

}  // namespace freshet
