#include "serve/session.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <cctype>
#include <utility>

#include "base/format.h"
#include "serve/url.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

// One read; larger requests take several.
constexpr std::size_t kReadBytes = 16 << 10;
// How long a client that was answered before its request was read may go on sending. Closing at once would
// reset the connection and could take the answer with it.
constexpr std::chrono::seconds kLinger{2};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Lower case, without parameters: "application/json" of "Application/JSON; charset=utf-8".
std::string MediaType(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  std::string type(header);
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Session::Session(asio::ip::tcp::socket socket, SessionHost& host, bool refused)
    : stream_(std::move(socket)),
      buffer_(host.options().header_bytes_max + host.options().body_bytes_max + kReadBytes),
      host_(host),
      refused_(refused),
      started_(std::chrono::steady_clock::now()) {
  boost::beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Session::Run() { AwaitRequest(host_.options().request_timeout); }

void Session::CloseWhenIdle() {
  keep_alive_ = false;
  if (idle_) Close();
}

void Session::Close() {
  if (std::exchange(closed_, true)) return;
  boost::beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
  host_.Forget(this);
}

void Session::AwaitRequest(std::chrono::milliseconds timeout) {
  if (buffer_.size() > 0) return ReadHeader();  // the client did not wait for the last answer
  idle_ = true;
  stream_.expires_after(timeout);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](ErrorCodeOf error, std::size_t bytes) {
                            if (error) return self->Close();
                            self->buffer_.commit(bytes);
                            self->ReadHeader();
                          });
}

void Session::ReadHeader() {
  idle_ = false;
  head_ = false;
  started_ = std::chrono::steady_clock::now();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(host_.options().header_bytes_max));
  parser_->body_limit(host_.options().body_bytes_max);
  // One deadline for the whole header: a client that sends a byte now and then does not move it.
  stream_.expires_after(host_.options().request_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCodeOf error, std::size_t) { self->OnHeader(error); });
}

void Session::OnHeader(ErrorCodeOf error) {
  if (closed_) return;
  if (error) return RefuseMalformed(error);
  keep_alive_ = parser_->get().keep_alive() && !host_.stopping();
  head_ = parser_->get().method() == http::verb::head;
  if (refused_) {
    return RefuseAndClose(
        {.status = 503,
         .code = "too_many_connections",
         .message = "all connections are in use",
         .fix_hint = "keep connections open and use them again, or raise http.connections_max"});
  }
  const auto length = parser_->content_length();
  if (length && *length > host_.options().body_bytes_max) return RefuseMalformed(http::error::body_limit);
  const auto encoding = View(parser_->get()[http::field::content_encoding]);
  if (!encoding.empty() && !boost::beast::iequals(encoding, "identity")) {
    return RefuseAndClose(
        {.status = 415,
         .code = "unsupported_encoding",
         .message = fmt::format("a body with Content-Encoding \"{}\" cannot be read here", encoding),
         .fix_hint = "send the body as it is"});
  }
  const bool expects = boost::beast::iequals(parser_->get()[http::field::expect], "100-continue");
  if (!expects) return ReadBody();
  asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](ErrorCodeOf failed, std::size_t) {
                      if (failed) return self->Close();
                      self->ReadBody();
                    });
}

void Session::ReadBody() {
  if (parser_->is_done()) return Dispatch();
  stream_.expires_after(host_.options().request_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorCodeOf error, std::size_t) { self->OnBody(error); });
}

void Session::OnBody(ErrorCodeOf error) {
  if (closed_) return;
  if (error) return RefuseMalformed(error);
  Dispatch();
}

void Session::Dispatch() {
  auto& message = parser_->get();
  auto target = ParseTarget(View(message.target()));
  if (!target) {
    return Write(ErrorResponse({.status = 400,
                                .code = "bad_target",
                                .message = "the path or query is not a valid URL",
                                .fix_hint = "start with / and percent-encode ids (RFC 3986)"}));
  }
  HttpRequest request{.method = std::string(View(message.method_string())),
                      .path = std::move(target->path),
                      .query = std::move(target->query),
                      .params = {},
                      .content_type = MediaType(View(message[http::field::content_type])),
                      .body = std::move(message.body())};
  // No deadline while a handler works: the backend bounds its own work and always answers.
  stream_.expires_never();
  // The answer may come on another thread and after this session, its host and its executor have gone; then
  // the poster does nothing and the weak pointer is never looked at.
  auto answered = std::make_shared<std::atomic<bool>>(false);
  host_.router().Dispatch(std::move(request),
                          [post = host_.Poster(), weak = weak_from_this(), answered](HttpResponse response) {
                            if (answered->exchange(true)) return;
                            post([weak, response = std::move(response)]() mutable {
                              if (const auto self = weak.lock()) self->Write(std::move(response));
                            });
                          });
}

void Session::RefuseMalformed(ErrorCodeOf error) {
  if (error == http::error::body_limit) {
    return RefuseAndClose(
        {.status = 413,
         .code = "body_too_large",
         .message = fmt::format("the body is longer than {} bytes", host_.options().body_bytes_max),
         .fix_hint = "send several smaller requests, or raise http.body_bytes_max"});
  }
  if (error == http::error::header_limit) {
    return RefuseAndClose(
        {.status = 431,
         .code = "header_too_large",
         .message = fmt::format("the header is longer than {} bytes", host_.options().header_bytes_max),
         .fix_hint = "send fewer or shorter header fields"});
  }
  // A timeout, a reset or an end in mid-request: nobody is there to read an answer.
  if (error.category() != make_error_code(http::error::bad_method).category() ||
      error == http::error::end_of_stream || error == http::error::partial_message) {
    return Close();
  }
  RefuseAndClose({.status = 400,
                  .code = "bad_request",
                  .message = fmt::format("this is not HTTP/1.1: {}", error.message()),
                  .fix_hint = "send a well-formed request"});
}

void Session::RefuseAndClose(const HttpError& error) {
  keep_alive_ = false;
  HttpResponse response = ErrorResponse(error);
  if (error.status == 503) response.headers["Retry-After"] = "1";
  Write(std::move(response));
}

void Session::Write(HttpResponse response) {
  if (closed_) return;
  host_.CountRequest(response.status, std::chrono::steady_clock::now() - started_);
  keep_alive_ = keep_alive_ && !host_.stopping();
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::server, "freshet");
  response_.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keep_alive_);
  response_.body() = std::move(response.body);
  response_.prepare_payload();
  // The length stays: it is that of the answer to GET. A body would be taken for the next answer.
  if (head_) response_.body().clear();
  stream_.expires_after(host_.options().request_timeout);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](ErrorCodeOf error, std::size_t) { self->OnWritten(error); });
}

void Session::OnWritten(ErrorCodeOf error) {
  if (closed_) return;
  if (error) return Close();
  const bool read_to_its_end = parser_ && parser_->is_done();
  if (!keep_alive_) return read_to_its_end ? Close() : Linger();
  parser_.reset();
  AwaitRequest(host_.options().idle_timeout);
}

void Session::Linger() {
  boost::beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  stream_.expires_after(kLinger);
  Discard();
}

void Session::Discard() {
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](ErrorCodeOf error, std::size_t) {
                            if (error || self->closed_) return self->Close();
                            self->Discard();
                          });
}

}  // namespace freshet
