#pragma once

#include <chrono>
#include <string>

#include "freshet/result.h"
#include "serve/http_message.h"

namespace freshet {

struct HttpCall {
  std::string address;  ///< "127.0.0.1:8640"
  std::string method = "GET";
  std::string target = "/";  ///< percent-encoded
  std::string content_type{};
  std::string body{};
  std::chrono::milliseconds timeout{30'000};  ///< for everything together
};

/// One request on a connection of its own; any status is an answer. Header names of the answer are in lower
/// case. kUnavailable: nobody listens there; kTimeout; kInvalidArgument: no such address. Blocks. For tools.
Result<HttpResponse> Fetch(const HttpCall& call);

/// What an answer that is no success says: the message of ErrorResponse, or else its body.
std::string ErrorMessageOf(const HttpResponse& answer);

}  // namespace freshet
