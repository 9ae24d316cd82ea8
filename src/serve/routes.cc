#include "serve/routes.h"

#include <charconv>
#include <set>

#include "base/format.h"
#include "codec/json_writer.h"
#include "serve/event_body.h"

namespace freshet {
namespace {

// Rejections named in one answer; the others are only counted. An answer stays below some 50 KB.
constexpr std::size_t kRejectionsShown = 100;

HttpError BadParameter(std::string message, std::string fix_hint) {
  return {
      .status = 400, .code = "bad_parameter", .message = std::move(message), .fix_hint = std::move(fix_hint)};
}

struct ListQuery {
  std::size_t k = 0;
  bool explain = true;
};

std::optional<std::size_t> ParseCount(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> ParseYesNo(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

// Reads ?k= and, where `may_explain`, ?explain=. The error is set where the result is absent.
std::optional<ListQuery> ParseListQuery(const HttpRequest& request, const RouteOptions& options,
                                        bool may_explain, HttpError& error) {
  ListQuery parsed{.k = options.k_default};
  for (const auto& [name, value] : request.query) {
    const bool is_explain = may_explain && name == "explain";
    if (name != "k" && !is_explain) {
      error = BadParameter(fmt::format("unknown parameter \"{}\"", name),
                           may_explain ? "known are k and explain" : "known is k");
      return std::nullopt;
    }
    const auto count = ParseCount(value);
    if (name == "k" && (!count || *count < 1 || *count > options.k_max)) {
      error =
          BadParameter(fmt::format("k is \"{}\"", value), fmt::format("write k from 1 to {}", options.k_max));
      return std::nullopt;
    }
    if (name == "k") parsed.k = *count;
    const auto yes = ParseYesNo(value);
    if (is_explain && !yes) {
      error = BadParameter(fmt::format("explain is \"{}\"", value), "write explain=true or explain=false");
      return std::nullopt;
    }
    if (is_explain) parsed.explain = *yes;
  }
  return parsed;
}

HttpResponse FromError(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return ErrorResponse(BadParameter(error.message, "see the message"));
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled: {
      HttpResponse response = ErrorResponse({.status = 503,
                                             .code = "unavailable",
                                             .message = error.message,
                                             .fix_hint = "try again; GET /readyz says what is missing"});
      response.headers["Retry-After"] = "1";
      return response;
    }
    default:
      return ErrorResponse({.status = 500,
                            .code = "internal",
                            .message = error.message,
                            .fix_hint = "the process's log has more; report it if it happens again"});
  }
}

HttpResponse ListResponse(Result<std::optional<std::string>> list, const std::string& kind,
                          const std::string& id) {
  if (!list.ok()) return FromError(list.error());
  if (list->has_value()) return {.status = 200, .body = std::move(**list), .headers = {}};
  return ErrorResponse({.status = 404,
                        .code = "unknown_" + kind,
                        .message = fmt::format("{} \"{}\" is not known", kind, id),
                        .fix_hint = fmt::format("send an event of this {} first", kind)});
}

void WriteRejections(JsonWriter& json, const std::vector<LineRejection>& rejections) {
  json.Key("rejections");
  json.BeginArray();
  for (std::size_t i = 0; i < rejections.size() && i < kRejectionsShown; ++i) {
    const Rejection& rejection = rejections[i].rejection;
    json.BeginObject();
    json.Field("line", rejections[i].line);
    json.Field("reason_code", std::string_view(rejection.reason_code));
    json.Field("path", std::string_view(rejection.path));
    json.Field("message", std::string_view(rejection.message));
    json.Field("fix_hint", std::string_view(rejection.fix_hint));
    json.EndObject();
  }
  json.EndArray();
}

HttpResponse RejectedResponse(const AppendOutcome& outcome, std::size_t sent) {
  HttpResponse response{.status = 400, .body = {}, .headers = {}};
  JsonWriter json(response.body);
  json.BeginObject();
  json.Key("error");
  json.BeginObject();
  json.Field("code", std::string_view("rejected"));
  const std::string message =
      fmt::format("{} of {} events were refused; nothing was appended", outcome.rejections.size(), sent);
  json.Field("message", std::string_view(message));
  json.Field("fix_hint", std::string_view("correct or leave out the lines below and send the rest again"));
  json.EndObject();
  json.Field("accepted", 0);
  json.Field("rejected", outcome.rejections.size());
  WriteRejections(json, outcome.rejections);
  json.EndObject();
  response.body += "\n";
  return response;
}

HttpResponse RetryLater(int status, std::string code, const AppendOutcome& outcome, std::string fallback) {
  HttpResponse response =
      ErrorResponse({.status = status,
                     .code = std::move(code),
                     .message = outcome.message.empty() ? std::move(fallback) : outcome.message,
                     .fix_hint = "send the same request again after Retry-After seconds; events "
                                 "with an event_id count once"});
  response.headers["Retry-After"] = fmt::format("{}", outcome.retry_after.count());
  return response;
}

HttpResponse AppendResponse(const AppendOutcome& outcome, const std::string& topic, std::size_t sent) {
  switch (outcome.status) {
    case AppendStatus::kDurable:
      return {.status = 202, .body = fmt::format("{{\"accepted\":{}}}\n", outcome.accepted), .headers = {}};
    case AppendStatus::kRejected:
      return RejectedResponse(outcome, sent);
    case AppendStatus::kUnknownTopic:
      return ErrorResponse({.status = 404,
                            .code = "unknown_topic",
                            .message = fmt::format("\"{}\" is no input topic", topic),
                            .fix_hint = "post to interactions, ratings, feedback or catalogue"});
    case AppendStatus::kOverloaded:
      return RetryLater(429, "overloaded", outcome, "too many requests wait already");
    case AppendStatus::kTooLarge:
      return ErrorResponse({.status = 413,
                            .code = "event_too_large",
                            .message = outcome.message,
                            .fix_hint = "shorten the event or raise the topic's max.message.bytes"});
    case AppendStatus::kUnavailable:
      return RetryLater(503, "unavailable", outcome, "the log is out of reach");
  }
  return {};
}

HttpResponse UnsupportedType(const std::string& content_type) {
  return ErrorResponse({.status = 415,
                        .code = "unsupported_media_type",
                        .message = content_type.empty()
                                       ? "the request names no content type"
                                       : fmt::format("\"{}\" cannot be read here", content_type),
                        .fix_hint = "set Content-Type: application/json, or application/x-ndjson for lines"});
}

// Reads ?unchecked=. The error is set where the result is absent.
std::optional<bool> ParseUnchecked(const HttpRequest& request, HttpError& error) {
  bool unchecked = false;
  for (const auto& [name, value] : request.query) {
    const auto yes = ParseYesNo(value);
    if (name != "unchecked") {
      error = BadParameter(fmt::format("unknown parameter \"{}\"", name), "known is unchecked");
      return std::nullopt;
    }
    if (!yes) {
      error =
          BadParameter(fmt::format("unchecked is \"{}\"", value), "write unchecked=true or unchecked=false");
      return std::nullopt;
    }
    unchecked = *yes;
  }
  return unchecked;
}

void PostEvents(ServeBackend& backend, const RouteOptions& options, const HttpRequest& request,
                const Responder& respond) {
  const BodyLayout layout = LayoutOf(request.content_type);
  if (layout == BodyLayout::kUnknown) return respond(UnsupportedType(request.content_type));
  HttpError wrong;
  const auto unchecked = ParseUnchecked(request, wrong);
  if (!unchecked) return respond(ErrorResponse(wrong));
  auto events = SplitEvents(request.body, layout, options.events_max);
  if (!events.ok()) {
    const bool many = events.error().code == ErrorCode::kOutOfRange;
    return respond(
        ErrorResponse({.status = many ? 413 : 400,
                       .code = many ? "too_many_events" : "not_json",
                       .message = events.error().message,
                       .fix_hint = many ? "send several requests" : "send one JSON array of events"}));
  }
  if (events->empty()) {
    return respond(ErrorResponse({.status = 400,
                                  .code = "no_events",
                                  .message = "the body holds no event",
                                  .fix_hint = "send at least one JSON object"}));
  }
  const std::size_t sent = events->size();
  const std::string& topic = request.params.at("topic");
  backend.AppendEvents({topic, std::move(*events), !*unchecked},
                       [respond, topic, sent](const AppendOutcome& outcome) {
                         respond(AppendResponse(outcome, topic, sent));
                       });
}

HttpResponse ConditionResponse(const Condition& condition, std::string_view good, std::string_view bad) {
  HttpResponse response{.status = condition.good ? 200 : 503, .body = {}, .headers = {}};
  JsonWriter json(response.body);
  json.BeginObject();
  json.Field("status", condition.good ? good : bad);
  json.Key("reasons");
  json.BeginArray();
  for (const std::string& reason : condition.reasons) json.String(reason);
  json.EndArray();
  json.EndObject();
  response.body += "\n";
  return response;
}

}  // namespace

Router BuildRoutes(ServeBackend& backend, const RouteOptions& options) {
  Router router;
  router.Add("GET", "/metrics", [&backend](const HttpRequest&, const Responder& respond) {
    respond({.content_type = "text/plain; version=0.0.4; charset=utf-8",
             .body = backend.MetricsText(),
             .headers = {}});
  });
  router.Add("GET", "/healthz", [&backend](const HttpRequest&, const Responder& respond) {
    respond(ConditionResponse(backend.Health(), "ok", "failed"));
  });
  router.Add("GET", "/readyz", [&backend](const HttpRequest&, const Responder& respond) {
    respond(ConditionResponse(backend.Readiness(), "ready", "not ready"));
  });
  router.Add("POST", "/v1/events/{topic}",
             [&backend, options](const HttpRequest& request, const Responder& respond) {
               PostEvents(backend, options, request, respond);
             });
  router.Add("GET", "/v1/users/{id}/recommendations",
             [&backend, options](const HttpRequest& request, const Responder& respond) {
               HttpError error;
               const auto query = ParseListQuery(request, options, true, error);
               if (!query) return respond(ErrorResponse(error));
               const std::string& id = request.params.at("id");
               respond(ListResponse(backend.Recommend(id, query->k, query->explain), "user", id));
             });
  router.Add("GET", "/v1/items/{id}/similar",
             [&backend, options](const HttpRequest& request, const Responder& respond) {
               HttpError error;
               const auto query = ParseListQuery(request, options, false, error);
               if (!query) return respond(ErrorResponse(error));
               const std::string& id = request.params.at("id");
               respond(ListResponse(backend.Similar(id, query->k), "item", id));
             });
  return router;
}

}  // namespace freshet
