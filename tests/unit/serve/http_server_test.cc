#include "serve/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "serve/routes.h"
#include "unit/serve/fake_backend.h"
#include "unit/serve/raw_client.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class HttpServerTest : public ::testing::Test {
 protected:
  void Serve(HttpServerOptions options = {}) {
    options.metrics = &metrics_;
    auto server = HttpServer::Start(options, BuildRoutes(backend_, {.events_max = 1'000}));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return server_->Port(); }
  static nlohmann::json ErrorOf(const Answer& answer) {
    return nlohmann::json::parse(answer.body).at("error");
  }

  MetricsRegistry metrics_;
  FakeBackend backend_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersMetricsAndHealth) {
  Serve();
  RawClient client(port());
  const auto metrics = client.Get("/metrics");
  ASSERT_TRUE(metrics.has_value());
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(metrics->headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(metrics->body, HasSubstr("x 1\n"));
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  EXPECT_EQ(nlohmann::json::parse(client.Get("/readyz")->body).at("status"), "ready");
  backend_.SetReady(false);
  const auto not_ready = client.Get("/readyz");
  EXPECT_EQ(not_ready->status, 503);
  EXPECT_EQ(nlohmann::json::parse(not_ready->body).at("reasons").at(0), "task user-0 is \"restoring\"");
}

TEST_F(HttpServerTest, AnswersListsWithDecodedIdsAndParameters) {
  Serve();
  RawClient client(port());
  EXPECT_EQ(client.Get("/v1/users/a%2Fb/recommendations")->body, "a/b 20 explained");
  EXPECT_EQ(client.Get("/v1/users/u/recommendations?k=5&explain=false")->body, "u 5");
  EXPECT_EQ(client.Get("/v1/items/i%201/similar?k=7")->body, "i 1 7");
  EXPECT_EQ(client.Get("/v1/users/a/recommendations?strategy=trending")->body, "a 20 explained trending");
  EXPECT_EQ(client.Get("/v1/items/i/similar?strategy=complements")->body, "i 20 complements");
  EXPECT_EQ(client.Get("/v1/users/a/recommendations?without=e1,e%202")->body, "a 20 explained without e 2");
  EXPECT_EQ(ErrorOf(*client.Get("/v1/users/nobody/recommendations")).at("code"), "unknown_user");
  EXPECT_EQ(ErrorOf(*client.Get("/v1/items/nothing/similar")).at("code"), "unknown_item");
  EXPECT_EQ(client.Get("/v1/users/broken/recommendations")->status, 503);
  for (const char* query : {"k=0", "k=201", "k=x", "k=", "k=-1", "explain=maybe", "limit=3"}) {
    const auto answer = client.Get("/v1/users/u/recommendations?" + std::string(query));
    EXPECT_EQ(answer->status, 400) << query;
    EXPECT_EQ(ErrorOf(*answer).at("code"), "bad_parameter") << query;
  }
  EXPECT_EQ(client.Get("/v1/items/i/similar?explain=1")->status, 400);
  EXPECT_EQ(client.Get("/v1/users/a/recommendations?strategy=strange")->status, 400);
  EXPECT_EQ(client.Get("/v1/users/a/recommendations?without=,")->status, 400);
  EXPECT_EQ(client.Get("/v1/items/i/similar?without=e1")->status, 400);
}

TEST_F(HttpServerTest, AppendsEventsAndCountsThem) {
  Serve();
  RawClient client(port());
  const auto one = client.Post("/v1/events/interactions", "application/json; charset=utf-8", R"({"a":1})");
  EXPECT_EQ(one->status, 202);
  EXPECT_EQ(one->body, "{\"accepted\":1}\n");
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/json", R"([{"a":1},{"b":2}])")->status, 202);
  EXPECT_EQ(client.Post("/v1/events/interactions", "Application/X-NDJSON", "{}\n{}\n{}\n")->status, 202);
  EXPECT_EQ(backend_.appended(), 6u);
}

TEST_F(HttpServerTest, AppendsNothingWhenOneEventIsRefusedAndNamesEach) {
  Serve();
  RawClient client(port());
  const auto answer =
      client.Post("/v1/events/interactions", "application/x-ndjson", "{}\n\"bad\"\n{}\n\"bad\"\n");
  EXPECT_EQ(answer->status, 400);
  const auto body = nlohmann::json::parse(answer->body);
  EXPECT_EQ(body.at("error").at("code"), "rejected");
  EXPECT_EQ(body.at("accepted"), 0);
  EXPECT_EQ(body.at("rejected"), 2);
  EXPECT_EQ(body.at("rejections").at(1).at("line"), 4);
  EXPECT_EQ(body.at("rejections").at(1).at("reason_code"), "schema");
  EXPECT_EQ(body.at("rejections").at(1).at("path"), "/type");
  EXPECT_EQ(backend_.appended(), 0u);
}

TEST_F(HttpServerTest, NamesAtMostAHundredRejections) {
  Serve();
  RawClient client(port());
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "\"bad\"\n";
  const auto body =
      nlohmann::json::parse(client.Post("/v1/events/interactions", "application/x-ndjson", lines)->body);
  EXPECT_EQ(body.at("rejected"), 500);
  EXPECT_EQ(body.at("rejections").size(), 100u);
}

TEST_F(HttpServerTest, RefusesBodiesItCannotTake) {
  HttpServerOptions options;
  options.body_bytes_max = 10'000;
  Serve(options);
  RawClient client(port());
  EXPECT_EQ(client.Post("/v1/events/interactions", "text/csv", "a,b")->status, 415);
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/json", "")->status, 400);
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/json", "[{}")->status, 400);
  EXPECT_EQ(client.Post("/v1/events/nothing", "application/json", "{}")->status, 404);
  std::string lines;
  for (int i = 0; i < 1'001; ++i) lines += "1\n";
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/x-ndjson", lines)->status, 413);
  client.Send("POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 415);
}

TEST_F(HttpServerTest, RefusesALongBodyEvenWhileItIsStillSent) {
  HttpServerOptions options;
  options.body_bytes_max = 10'000;
  Serve(options);
  RawClient announced(port());
  const auto refused =
      announced.Post("/v1/events/interactions", "application/json", std::string(2'000'000, ' '));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 413);
  EXPECT_EQ(refused->headers.at("connection"), "close");
  RawClient chunked(port());
  chunked.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1000\r\n" + std::string(0x1000, ' ') + "\r\n";
  for (int i = 0; i < 4; ++i) chunked.Send(chunk);
  EXPECT_EQ(chunked.Receive()->status, 413);
}

TEST_F(HttpServerTest, TakesALongBodyInChunksAfterContinue) {
  Serve();
  RawClient client(port());
  client.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 100);
  const std::string event = "{\"text\":\"" + std::string(3'000'000, 'x') + "\"}";
  for (std::size_t at = 0; at < event.size(); at += 100'000) {
    const std::string part = event.substr(at, 100'000);
    char size[16];
    std::snprintf(size, sizeof(size), "%zx\r\n", part.size());
    client.Send(size + part + "\r\n");
  }
  client.Send("0\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 202);
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithRequests) {
  Serve();
  RawClient client(port());
  const auto missing = client.Get("/v2/x");
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(ErrorOf(*missing).at("code"), "not_found");
  EXPECT_EQ(client.Get("/v1/users//recommendations")->status, 404);
  const auto method = client.Post("/metrics", "application/json", "{}");
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(method->headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(client.Get("/v1/users/%zz/recommendations")->status, 400);
  EXPECT_EQ(client.Get("/healthz")->status, 200) << "the connection is still good";
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Serve();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "POST /v1/events/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"}) {
    RawClient client(port());
    client.Send(bytes);
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value()) << bytes;
    EXPECT_EQ(answer->status, 400) << bytes;
    EXPECT_TRUE(client.ClosedWithin(std::chrono::seconds(10)));
  }
  RawClient client(port());
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 431);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Serve();
  RawClient client(port());
  std::string requests;
  for (int i = 1; i <= 50; ++i) {
    requests += "GET /v1/items/i" + std::to_string(i) + "/similar?k=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    requests +=
        "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\n\r\n{}";
  }
  client.Send(requests);
  for (int i = 1; i <= 50; ++i) {
    EXPECT_EQ(client.Receive()->body, "i" + std::to_string(i) + " 1");
    EXPECT_EQ(client.Receive()->status, 202);
  }
  EXPECT_EQ(backend_.appended(), 50u);
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  Serve();
  RawClient client(port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Receive()->headers.at("connection"), "close");
  EXPECT_TRUE(client.ClosedWithin(std::chrono::seconds(10)));
  RawClient old(port());
  old.Send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Receive()->status, 200);
  EXPECT_TRUE(old.ClosedWithin(std::chrono::seconds(10)));
}

TEST_F(HttpServerTest, EndsConnectionsThatAreSlowOrSilent) {
  HttpServerOptions options;
  options.request_timeout = std::chrono::milliseconds(150);
  options.idle_timeout = std::chrono::milliseconds(100);
  Serve(options);
  RawClient silent(port());
  RawClient slow(port());
  RawClient half(port());
  RawClient idle(port());
  EXPECT_EQ(idle.Get("/healthz")->status, 200);
  half.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
      "10\r\n\r\n{");
  const auto begin = std::chrono::steady_clock::now();
  bool cut = false;
  slow.Send("GET /healthz HTTP/1.1\r\nX: ");
  while (!cut && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
    slow.Send("x");  // a byte every 10 ms must not keep the connection
    cut = slow.ClosedWithin(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(cut);
  EXPECT_TRUE(silent.ClosedWithin(std::chrono::seconds(10)));
  EXPECT_TRUE(half.ClosedWithin(std::chrono::seconds(10)));
  EXPECT_TRUE(idle.ClosedWithin(std::chrono::seconds(10)));
  EXPECT_EQ(RawClient(port()).Get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, PushesBackUnderPressureAndServesOthersMeanwhile) {
  Serve();
  backend_.Hold();
  RawClient first(port());
  RawClient second(port());
  RawClient third(port());
  const std::string post =
      "POST /v1/events/interactions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
      "2\r\n\r\n{}";
  first.Send(post);
  second.Send(post);
  backend_.AwaitWaiting(2);
  third.Send(post);
  const auto refused = third.Receive();
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("retry-after"), "3");
  EXPECT_EQ(third.Get("/healthz")->status, 200);
  backend_.LetGo();
  EXPECT_EQ(first.Receive()->status, 202);
  EXPECT_EQ(second.Receive()->status, 202);
}

TEST_F(HttpServerTest, RefusesConnectionsBeyondTheLimitAndRecovers) {
  HttpServerOptions options;
  options.connections_max = 2;
  Serve(options);
  RawClient second(port());
  EXPECT_EQ(second.Get("/healthz")->status, 200);
  {
    RawClient first(port());
    EXPECT_EQ(first.Get("/healthz")->status, 200);
    RawClient third(port());
    const auto refused = third.Get("/healthz");
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->headers.at("retry-after"), "1");
  }
  int status = 503;
  for (int i = 0; i < 1'000 && status == 503; ++i) status = RawClient(port()).Get("/healthz")->status;
  EXPECT_EQ(status, 200);
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  Serve();
  constexpr int kClients = 8;
  constexpr int kRequests = 100;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < kClients; ++c) {
    threads.emplace_back([&, c] {
      RawClient client(port());
      for (int i = 0; i < kRequests; ++i) {
        const std::string id = "u" + std::to_string(c) + "-" + std::to_string(i);
        const auto list = client.Get("/v1/users/" + id + "/recommendations?k=3&explain=0");
        const auto posted = client.Post("/v1/events/interactions", "application/json", "{}");
        if (list && list->body == id + " 3" && posted && posted->status == 202) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kClients * kRequests);
  EXPECT_EQ(backend_.appended(), static_cast<std::size_t>(kClients * kRequests));
  EXPECT_THAT(metrics_.Text(), HasSubstr("freshet_http_requests_total{code=\"202\"} 800"));
}

TEST_F(HttpServerTest, StopLetsARequestInProgressFinish) {
  Serve();
  backend_.Hold();
  RawClient busy(port());
  RawClient idle(port());
  EXPECT_EQ(idle.Get("/healthz")->status, 200);
  busy.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
      "2\r\n\r\n{}");
  backend_.AwaitWaiting(1);
  std::thread stopper([&] { server_->Stop(); });
  EXPECT_TRUE(idle.ClosedWithin(std::chrono::seconds(10)));
  backend_.LetGo();
  const auto answer = busy.Receive();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(busy.ClosedWithin(std::chrono::seconds(10)));
  stopper.join();
  EXPECT_FALSE(RawClient(port()).connected());
}

TEST_F(HttpServerTest, AnAnswerAfterTheServerHasGoneIsDropped) {
  HttpServerOptions options;
  options.drain_timeout = std::chrono::milliseconds(10);
  Serve(options);
  backend_.Hold();
  RawClient busy(port());
  busy.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
      "2\r\n\r\n{}");
  backend_.AwaitWaiting(1);
  server_.reset();
  EXPECT_TRUE(busy.ClosedWithin(std::chrono::seconds(10)));
  backend_.LetGo();  // the backend outlives the server and answers nobody
}

TEST_F(HttpServerTest, SaysThatAnAddressIsTakenOrUnknown) {
  Serve();
  HttpServerOptions taken;
  taken.port = port();
  const auto second = HttpServer::Start(taken, Router());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(second.error().message, HasSubstr("change http.listen"));
  HttpServerOptions wrong;
  wrong.address = "256.0.0.1";
  EXPECT_EQ(HttpServer::Start(wrong, Router()).error().code, ErrorCode::kInvalidArgument);
}

TEST(ParseListenAddress, ReadsHostsAndPorts) {
  EXPECT_EQ(*ParseListenAddress("127.0.0.1:8640"), std::pair(std::string("127.0.0.1"), std::uint16_t{8640}));
  EXPECT_EQ(ParseListenAddress("[::1]:0")->first, "::1");
  for (const char* text : {"", "8640", ":8640", "h:", "h:70000", "h:1x"})
    EXPECT_FALSE(ParseListenAddress(text).ok());
}

}  // namespace
}  // namespace freshet
