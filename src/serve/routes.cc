#include "serve/routes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <string_view>

#include "base/format.h"
#include "codec/json_writer.h"
#include "serve/event_body.h"

namespace freshet {
namespace {

// Rejections named in one answer; the others are only counted. An answer stays below some 50 KB.
constexpr std::size_t kRejectionsShown = 100;
// Each is looked for among all events of the user.
constexpr std::size_t kWithoutMax = 100;

HttpError BadParameter(std::string message, std::string fix_hint) {
  return {
      .status = 400, .code = "bad_parameter", .message = std::move(message), .fix_hint = std::move(fix_hint)};
}

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

std::vector<std::string> SplitNames(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    if (comma > start) names.push_back(text.substr(start, comma - start));
    start = comma + 1;
  }
  return names;
}

// Reads one parameter of a list; an error says what is wrong with it.
std::optional<HttpError> ReadParameter(const std::string& name, const std::string& value,
                                       const RouteOptions& options, ListQuestion& question) {
  if (name == "strategy") {
    question.strategy = value;
    return std::nullopt;
  }
  if (name == "without") {
    question.without = SplitNames(value);
    const bool some = !question.without.empty() && question.without.size() <= kWithoutMax;
    if (some) return std::nullopt;
    return BadParameter(fmt::format("without names {} events or items", question.without.size()),
                        fmt::format("write 1 to {} ids with commas between them", kWithoutMax));
  }
  if (name == "explain" || name == "counterfactuals") {
    const auto yes = ParseYesNo(value);
    if (!yes)
      return BadParameter(fmt::format("{} is \"{}\"", name, value),
                          fmt::format("write {}=true or {}=false", name, name));
    (name == "explain" ? question.explain : question.counterfactuals) = *yes;
    return std::nullopt;
  }
  const auto count = ParseCount(value);
  if (!count || *count < 1 || *count > options.k_max)
    return BadParameter(fmt::format("k is \"{}\"", value),
                        fmt::format("write k from 1 to {}", options.k_max));
  question.k = *count;
  return std::nullopt;
}

// Reads the parameters that are `known`. The error is set where the result is absent.
std::optional<ListQuestion> ParseListQuestion(const HttpRequest& request, const RouteOptions& options,
                                              std::span<const std::string_view> known, HttpError& error) {
  ListQuestion question{.k = options.k_default, .explain = true};
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      error = BadParameter(fmt::format("unknown parameter \"{}\"", name),
                           fmt::format("known are {}", fmt::join(known, ", ")));
      return std::nullopt;
    }
    if (auto wrong = ReadParameter(name, value, options, question)) {
      error = std::move(*wrong);
      return std::nullopt;
    }
  }
  return question;
}

constexpr std::array<std::string_view, 5> kOfUsers = {"k", "explain", "strategy", "counterfactuals",
                                                      "without"};
constexpr std::array<std::string_view, 2> kOfItems = {"k", "strategy"};

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
                            .fix_hint = "post to interactions, ratings, feedback, catalogue or profiles"});
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
               const auto question = ParseListQuestion(request, options, kOfUsers, error);
               if (!question) return respond(ErrorResponse(error));
               const std::string& id = request.params.at("id");
               respond(ListResponse(backend.Recommend(id, *question), "user", id));
             });
  router.Add("GET", "/v1/items/{id}/similar",
             [&backend, options](const HttpRequest& request, const Responder& respond) {
               HttpError error;
               const auto question = ParseListQuestion(request, options, kOfItems, error);
               if (!question) return respond(ErrorResponse(error));
               const std::string& id = request.params.at("id");
               respond(ListResponse(backend.Similar(id, *question), "item", id));
             });
  return router;
}

}  // namespace freshet
