#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace freshet {

/// A complete request. Path and query are percent-decoded.
struct HttpRequest {
  std::string method;  ///< upper case
  std::vector<std::string> path;
  std::map<std::string, std::string> query;   ///< the last one counts where a name is given twice
  std::map<std::string, std::string> params;  ///< filled by the router from the pattern's {names}
  std::string content_type;                   ///< lower case, without parameters; empty: none given
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};

/// Answers one request. May be called from any thread, also after the server has gone; only the first call
/// counts.
using Responder = std::function<void(HttpResponse)>;

/// Called on the server's thread; must not block. Answers now or later.
using Handler = std::function<void(const HttpRequest&, const Responder&)>;

/// {"error":{"code","message","fix_hint"}}
struct HttpError {
  int status = 400;
  std::string code;  ///< stable, for programs: "not_found", "bad_parameter" ...
  std::string message;
  std::string fix_hint;
};

HttpResponse ErrorResponse(const HttpError& error);

}  // namespace freshet
