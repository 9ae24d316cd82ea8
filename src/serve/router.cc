#include "serve/router.h"

#include <set>

#include "base/assert.h"
#include "base/format.h"
#include "serve/url.h"

namespace freshet {
namespace {

bool IsParameter(const std::string& segment) { return segment.size() > 2 && segment.front() == '{'; }

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool fits = IsParameter(pattern[i]) ? !path[i].empty() : pattern[i] == path[i];
    if (!fits) return false;
  }
  return true;
}

HttpResponse MethodNotAllowed(const std::string& method, const std::set<std::string>& allowed) {
  const std::string list = fmt::format("{}", fmt::join(allowed, ", "));
  HttpResponse response = ErrorResponse({.status = 405,
                                         .code = "method_not_allowed",
                                         .message = fmt::format("{} is not possible here", method),
                                         .fix_hint = "use " + list});
  response.headers["Allow"] = list;
  return response;
}

}  // namespace

void Router::Add(std::string method, std::string_view pattern, Handler handler) {
  auto parsed = ParseTarget(pattern);
  FRESHET_ASSERT(parsed.has_value());
  routes_.push_back({std::move(method), std::move(parsed->path), std::move(handler)});
}

void Router::Dispatch(HttpRequest request, const Responder& respond) const {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (!Matches(route.pattern, request.path)) continue;
    allowed.insert(route.method);
    if (route.method == "GET") allowed.insert("HEAD");
    if (route.method != method) continue;
    for (std::size_t i = 0; i < route.pattern.size(); ++i) {
      const std::string& segment = route.pattern[i];
      if (IsParameter(segment)) request.params[segment.substr(1, segment.size() - 2)] = request.path[i];
    }
    return route.handler(request, respond);
  }
  if (!allowed.empty()) return respond(MethodNotAllowed(request.method, allowed));
  respond(ErrorResponse({.status = 404,
                         .code = "not_found",
                         .message = fmt::format("there is no /{}", fmt::join(request.path, "/")),
                         .fix_hint = "schemas/openapi.yaml lists the paths"}));
}

}  // namespace freshet
