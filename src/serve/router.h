#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http_message.h"

namespace freshet {

/// Finds the handler of a request. Built before the server starts, then only read.
class Router final {
 public:
  /// `pattern` is like "/v1/users/{id}/recommendations"; a {name} matches one segment that is not empty.
  void Add(std::string method, std::string_view pattern, Handler handler);

  /// Calls the handler, or answers 404 (no such path) or 405 with Allow (path, but not that method). HEAD is
  /// handled as GET; the server leaves the body of the answer away.
  void Dispatch(HttpRequest request, const Responder& respond) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> pattern;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace freshet
