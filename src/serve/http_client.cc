#include "serve/http_client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <optional>

#include "base/format.h"
#include "codec/json.h"
#include "serve/http_server.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using SystemError = boost::system::error_code;

// Answers are lists and counts; more than this is not ours.
constexpr std::size_t kAnswerBytesMax = 64 << 20;

/// The steps of one call, each started by the one before it.
class Exchange final {
 public:
  Exchange(asio::io_context& context, const HttpCall& call) : stream_(context), call_(call) {
    parser_.body_limit(kAnswerBytesMax);
    request_.version(11);
    request_.method_string(call.method);
    request_.target(call.target);
    request_.set(http::field::host, call.address);
    request_.set(http::field::connection, "close");
    if (!call.content_type.empty()) request_.set(http::field::content_type, call.content_type);
    request_.body() = call.body;
    request_.prepare_payload();
  }

  void Run(const Tcp::resolver::results_type& endpoints) {
    stream_.expires_after(call_.timeout);
    stream_.async_connect(endpoints, [this](SystemError error, const Tcp::endpoint&) {
      if (Done(error)) return;
      Write();
    });
  }

  const std::optional<SystemError>& error() const { return error_; }
  http::response<http::string_body>& answer() { return parser_.get(); }

 private:
  void Write() {
    http::async_write(stream_, request_, [this](SystemError error, std::size_t) {
      // A server that refuses a long body answers before it has read it: the answer counts.
      if (error == asio::error::operation_aborted || error == boost::beast::error::timeout) {
        Done(error);
        return;
      }
      Read();
    });
  }

  void Read() {
    http::async_read(stream_, buffer_, parser_, [this](SystemError error, std::size_t) { Done(error); });
  }

  bool Done(SystemError error) {
    error_ = error;
    return error.failed();
  }

  boost::beast::tcp_stream stream_;
  const HttpCall& call_;
  http::request<http::string_body> request_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  std::optional<SystemError> error_;
};

HttpResponse Taken(http::response<http::string_body>& answer) {
  HttpResponse response{
      .status = static_cast<int>(answer.result_int()), .body = std::move(answer.body()), .headers = {}};
  response.content_type = std::string(answer[http::field::content_type]);
  for (const auto& field : answer) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = std::string(field.value());
  }
  return response;
}

}  // namespace

Result<HttpResponse> Fetch(const HttpCall& call) {
  FRESHET_TRY(const auto place, ParseListenAddress(call.address));
  asio::io_context context;
  SystemError error;
  const auto endpoints = Tcp::resolver(context).resolve(place.first, std::to_string(place.second), error);
  if (error) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("{}: {}", call.address, error.message()));
  }
  Exchange exchange(context, call);
  exchange.Run(endpoints);
  context.run();
  if (exchange.error() == boost::beast::error::timeout) {
    return MakeError(ErrorCode::kTimeout,
                     fmt::format("no answer from {} within {} ms", call.address, call.timeout.count()));
  }
  if (exchange.error()->failed()) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("cannot reach {}: {}", call.address, exchange.error()->message()));
  }
  return Taken(exchange.answer());
}

std::string ErrorMessageOf(const HttpResponse& answer) {
  const auto json = ParseJson(answer.body);
  const Json::json_pointer path("/error/message");
  const bool told = json.ok() && json->contains(path) && json->at(path).is_string();
  return told ? json->at(path).get<std::string>() : answer.body;
}

}  // namespace freshet
