#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "freshet/result.h"
#include "serve/router.h"

namespace freshet {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< IPv4, IPv6 or a host name
  std::uint16_t port = 0;             ///< 0: a free one
  std::size_t body_bytes_max = 8 << 20;
  std::size_t header_bytes_max = 16 << 10;            ///< more is answered 431
  std::size_t connections_max = 1'024;                ///< one more is answered 503 and closed
  std::chrono::milliseconds request_timeout{10'000};  ///< to send a request, and to take an answer
  std::chrono::milliseconds idle_timeout{60'000};     ///< between two requests of a connection
  std::chrono::milliseconds drain_timeout{5'000};     ///< for requests in progress, at Stop
  MetricsRegistry* metrics = nullptr;                 ///< borrowed; null: nothing is counted
};

/// "127.0.0.1:8640", "[::1]:8640" or "localhost:0" into address and port. kInvalidArgument.
Result<std::pair<std::string, std::uint16_t>> ParseListenAddress(const std::string& text);

/// HTTP/1.1 with keep-alive and pipelining on one thread of its own, which also runs the handlers. A slow or
/// silent client costs a connection until its timeout and nothing else. Owned by the process's wiring.
class HttpServer final {
 public:
  /// Binds, listens and starts the thread. kAlreadyExists: the address is in use; kInvalidArgument: no such
  /// address.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, Router router);
  /// Stops.
  ~HttpServer();
  /// The address it listens on, with the port that was taken: "127.0.0.1:41873".
  const std::string& Address() const;
  std::uint16_t Port() const;
  /// Takes no more connections, closes idle ones, lets requests in progress finish within drain_timeout and
  /// ends the thread. Blocks for so long. Idempotent; called by the owner's thread.
  void Stop();

 private:
  class Loop;
  explicit HttpServer(std::shared_ptr<Loop> loop);
  std::shared_ptr<Loop> loop_;
};

}  // namespace freshet
