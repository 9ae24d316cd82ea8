#include "serve/http_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <map>
#include <thread>

#include "base/format.h"
#include "base/logging.h"
#include "serve/session.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using SystemError = boost::system::error_code;

// Connections beyond the limit that are open at one time to be told so; more are closed without a word.
constexpr std::size_t kRefusedMax = 32;
// Pause after a failed accept (no more file descriptors), so that it does not spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

/// The thread, its queue, the acceptor and the sessions. Everything but Post and Stop runs on the thread.
class HttpServer::Loop final : public SessionHost, public std::enable_shared_from_this<HttpServer::Loop> {
 public:
  Loop(const HttpServerOptions& options, Router router)
      : options_(options),
        router_(std::move(router)),
        acceptor_(context_),
        accept_pause_(context_),
        drain_(context_) {
    if (options_.metrics == nullptr) return;
    took_ = &options_.metrics->GetHistogram("freshet_http_request_seconds",
                                            "From the first byte of a request to its answer.");
    open_ = &options_.metrics->GetGauge("freshet_http_connections", "Open HTTP connections.");
  }

  Result<void> Listen() {
    SystemError error;
    const auto found =
        Tcp::resolver(context_).resolve(options_.address, std::to_string(options_.port), error);
    if (error || found.empty()) return Failed(ErrorCode::kInvalidArgument, error);
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    if (acceptor_.open(endpoint.protocol(), error); error) return Failed(ErrorCode::kIo, error);
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (acceptor_.bind(endpoint, error); error) {
      const bool taken = error == asio::error::address_in_use;
      return Failed(taken ? ErrorCode::kAlreadyExists : ErrorCode::kInvalidArgument, error);
    }
    if (acceptor_.listen(asio::socket_base::max_listen_connections, error); error) {
      return Failed(ErrorCode::kIo, error);
    }
    port_ = acceptor_.local_endpoint().port();
    const bool v6 = endpoint.address().is_v6();
    const std::string host = endpoint.address().to_string();
    address_ = v6 ? fmt::format("[{}]:{}", host, port_) : fmt::format("{}:{}", host, port_);
    return {};
  }

  void Start() {
    Accept();
    thread_ = std::thread([this] { context_.run(); });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] { BeginStop(); });
    thread_.join();
  }

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }

  const HttpServerOptions& options() const override { return options_; }
  const Router& router() const override { return router_; }
  bool stopping() const override { return stopping_; }

  std::function<void(std::function<void()>)> Poster() override {
    return [weak = weak_from_this()](std::function<void()> work) {
      if (const auto loop = weak.lock()) asio::post(loop->context_, std::move(work));
    };
  }

  void Forget(Session* session) override {
    sessions_.erase(session);
    ShowConnections();
    if (stopping_ && sessions_.empty()) Finish();
  }

  void CountRequest(int status, std::chrono::nanoseconds took) override {
    if (options_.metrics == nullptr) return;
    options_.metrics
        ->GetCounter("freshet_http_requests_total", "HTTP requests answered.",
                     {{"code", std::to_string(status)}})
        .Add();
    took_->ObserveMicros(static_cast<std::uint64_t>(took.count()) / 1'000);
  }

 private:
  Error Failed(ErrorCode code, const SystemError& error) const {
    return MakeError(code, fmt::format("cannot listen on {}:{}: {}; change http.listen", options_.address,
                                       options_.port, error.message()));
  }

  void Accept() {
    acceptor_.async_accept([this](SystemError error, Tcp::socket socket) {
      if (stopping_) return;
      if (error) return AcceptLater(error);
      Open(std::move(socket));
      Accept();
    });
  }

  void AcceptLater(const SystemError& error) {
    LogWarn("cannot accept a connection", {{"error", error.message()}});
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](SystemError cancelled) {
      if (!cancelled && !stopping_) Accept();
    });
  }

  void Open(Tcp::socket socket) {
    if (sessions_.size() >= options_.connections_max + kRefusedMax) return;  // the socket closes itself
    const bool refused = sessions_.size() >= options_.connections_max;
    auto session = std::make_shared<Session>(std::move(socket), *this, refused);
    sessions_.emplace(session.get(), session);
    ShowConnections();
    session->Run();
  }

  void BeginStop() {
    stopping_ = true;
    SystemError ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    drain_.expires_after(options_.drain_timeout);
    drain_.async_wait([this](SystemError cancelled) {
      if (!cancelled) ForEachSession(&Session::Close);
    });
    ForEachSession(&Session::CloseWhenIdle);
    if (sessions_.empty()) Finish();
  }

  // A session that closes leaves the map: walk over a copy.
  void ForEachSession(void (Session::*call)()) {
    const auto sessions = sessions_;
    for (const auto& [key, session] : sessions) (session.get()->*call)();
  }

  void Finish() {
    drain_.cancel();
    work_.reset();
  }

  void ShowConnections() {
    if (open_ != nullptr) open_->Set(static_cast<double>(sessions_.size()));
  }

  const HttpServerOptions options_;
  const Router router_;
  DurationHistogram* took_ = nullptr;
  Gauge* open_ = nullptr;
  std::string address_;
  std::uint16_t port_ = 0;
  bool stopping_ = false;
  // Handlers left in the queue hold sessions, whose sockets belong to the context: it is destroyed after
  // them.
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
  Tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  asio::steady_timer drain_;
  std::map<Session*, std::shared_ptr<Session>> sessions_;
  std::thread thread_;
};

HttpServer::HttpServer(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}

HttpServer::~HttpServer() { Stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options, Router router) {
  auto loop = std::make_shared<Loop>(options, std::move(router));
  FRESHET_CHECK(loop->Listen());
  loop->Start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop)));
}

const std::string& HttpServer::Address() const { return loop_->address(); }

std::uint16_t HttpServer::Port() const { return loop_->port(); }

void HttpServer::Stop() { loop_->Stop(); }

Result<std::pair<std::string, std::uint16_t>> ParseListenAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const bool has_host = colon != std::string::npos && colon > 0;
  const auto parsed = has_host ? std::from_chars(text.data() + colon + 1, end, port)
                               : std::from_chars_result{text.data(), std::errc::invalid_argument};
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("\"{}\" is not address:port, as in \"127.0.0.1:8640\"", text));
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::pair(std::move(host), port);
}

}  // namespace freshet
