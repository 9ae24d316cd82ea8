#pragma once

// Internal to src/serve: exposes Boost.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "serve/http_server.h"

namespace freshet {

/// What a session needs of its server. Outlives all sessions; used on the server's thread.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual const HttpServerOptions& options() const = 0;
  virtual const Router& router() const = 0;
  virtual bool stopping() const = 0;
  /// Runs `work` on the server's thread if that still runs. The result may be called from any thread.
  virtual std::function<void(std::function<void()>)> Poster() = 0;
  /// The session is over and may be forgotten.
  virtual void Forget(class Session* session) = 0;
  virtual void CountRequest(int status, std::chrono::nanoseconds took) = 0;
};

/// One connection: reads a request, waits for its answer, writes it, and again. Kept alive by its host and by
/// the operation in progress; all members run on the server's thread.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  /// With `refused`, the first request is answered 503 and the connection closed.
  Session(boost::asio::ip::tcp::socket socket, SessionHost& host, bool refused);
  void Run();
  /// Closes at once when no request is in progress; else after the answer.
  void CloseWhenIdle();
  void Close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using ErrorCodeOf = boost::beast::error_code;

  void AwaitRequest(std::chrono::milliseconds timeout);
  void ReadHeader();
  void OnHeader(ErrorCodeOf error);
  void ReadBody();
  void OnBody(ErrorCodeOf error);
  void Dispatch();
  void RefuseMalformed(ErrorCodeOf error);
  void RefuseAndClose(const HttpError& error);
  void Write(HttpResponse response);
  void OnWritten(ErrorCodeOf error);
  void Linger();
  void Discard();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;  // a parser reads one message
  boost::beast::http::response<boost::beast::http::string_body> response_;
  SessionHost& host_;
  const bool refused_;
  bool idle_ = true;  // waits for the first byte of a request
  bool keep_alive_ = true;
  bool head_ = false;  // the answer goes without its body
  bool closed_ = false;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace freshet
