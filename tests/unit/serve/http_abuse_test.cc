// What clients send that mean harm, or do not know better.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "serve/http_server.h"
#include "serve/routes.h"
#include "unit/serve/fake_backend.h"
#include "unit/serve/raw_client.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class HttpAbuseTest : public ::testing::Test {
 protected:
  void Serve(HttpServerOptions options = {}) {
    auto server = HttpServer::Start(options, BuildRoutes(backend_, {.events_max = 1'000}));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return server_->Port(); }
  static std::string CodeOf(const Answer& answer) {
    return nlohmann::json::parse(answer.body).at("error").at("code");
  }

  MetricsRegistry metrics_;
  FakeBackend backend_;
  std::unique_ptr<HttpServer> server_;
};

// A body after the answer to HEAD would be read as the beginning of the next answer.
TEST_F(HttpAbuseTest, HeadGetsTheHeaderOfGetAndNothingElse) {
  Serve();
  RawClient client(port());
  for (const char* target : {"/healthz", "/metrics", "/v1/users/nobody/recommendations", "/nonsense"}) {
    const auto get = client.Get(target);
    ASSERT_TRUE(client.Send("HEAD " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
    const auto head = client.ReceiveHead();
    ASSERT_TRUE(head.has_value()) << target;
    EXPECT_EQ(head->status, get->status) << target;
    EXPECT_EQ(head->headers.at("content-length"), get->headers.at("content-length")) << target;
  }
  const auto next = client.Get("/healthz");
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->status, 200) << "the connection is still in step";
}

TEST_F(HttpAbuseTest, OtherMethodsAreToldWhatThereIs) {
  Serve();
  RawClient client(port());
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"}) {
    client.Send(std::string(method) + " /v1/events/interactions HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value()) << method;
    EXPECT_EQ(answer->status, 405) << method;
    EXPECT_EQ(answer->headers.at("allow"), "POST") << method;
  }
  client.Send("CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 400);
}

TEST_F(HttpAbuseTest, PathsAreIdsAndNeverFiles) {
  Serve();
  RawClient client(port());
  for (const char* path :
       {"/../../etc/passwd", "/v1/../metrics", "//metrics", "/metrics//", "/v1/users",
        "/v1/users/a/b/recommendations", "/v1/users/%2e%2e/nonsense", "/.", "/metrics%2F"}) {
    EXPECT_EQ(client.Get(path)->status, 404) << path;
  }
  EXPECT_EQ(client.Get("/v1/users/..%2F..%2Fetc/recommendations?k=1&explain=0")->body, "../../etc 1");
  for (const char* path : {"/v1/users/%/recommendations", "/v1/users/%4/recommendations", "/%zz", "/%00",
                           "/v1/users/u/recommendations?k=%", "*", "nonsense", "http://x/healthz"}) {
    const auto answer = client.Get(path);
    ASSERT_TRUE(answer.has_value()) << path;
    EXPECT_EQ(answer->status, 400) << path;
    EXPECT_EQ(CodeOf(*answer), "bad_target") << path;
  }
}

TEST_F(HttpAbuseTest, AnAnswerIsJsonWhateverBytesAnIdHas) {
  Serve();
  RawClient client(port());
  for (const char* path : {"/x%ff%fe", "/%22%5c%0a%01", "/%ed%a0%80", "/v1/users/u/recommendations?%ff=1"}) {
    const auto answer = client.Get(path);
    ASSERT_TRUE(answer.has_value()) << path;
    EXPECT_TRUE(nlohmann::json::accept(answer->body)) << path << answer->body;
  }
  const auto longest = client.Get("/v1/users/" + std::string(8'000, 'u') + "/recommendations");
  EXPECT_EQ(longest->status, 200);
  EXPECT_EQ(RawClient(port()).Get("/" + std::string(100'000, 'u'))->status, 431);
}

TEST_F(HttpAbuseTest, RefusesAmbiguousLengths) {
  Serve();
  const std::string post =
      "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  for (const char* lengths :
       {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2x\r\n", "Content-Length: 99999999999999999999999\r\n", "Content-Length: -2\r\n"}) {
    RawClient client(port());
    client.Send(post + lengths + "\r\n{}GET /healthz HTTP/1.1\r\n\r\n");
    const auto answer = client.Receive();
    ASSERT_TRUE(answer.has_value()) << lengths;
    EXPECT_THAT(answer->status, ::testing::AnyOf(400, 413)) << lengths;
    EXPECT_FALSE(client.Receive(std::chrono::seconds(5)).has_value()) << "nothing behind it is a request";
  }
  RawClient chunks(port());
  chunks.Send(post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
  EXPECT_EQ(chunks.Receive()->status, 400);
  EXPECT_EQ(backend_.appended(), 0u);
}

TEST_F(HttpAbuseTest, RefusesBodiesThatItCannotUnpack) {
  Serve();
  RawClient client(port());
  client.Send(
      "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");
  const auto answer = client.Receive();
  EXPECT_EQ(answer->status, 415);
  EXPECT_EQ(CodeOf(*answer), "unsupported_encoding");
  EXPECT_EQ(backend_.appended(), 0u);
}

TEST_F(HttpAbuseTest, BadLinesAreAllNamedAndNoneIsAppended) {
  Serve();
  RawClient client(port());
  const auto mixed =
      client.Post("/v1/events/interactions", "application/x-ndjson", "{}\n\nbad 1\n{}\r\nbad 2");
  EXPECT_EQ(mixed->status, 400);
  const auto report = nlohmann::json::parse(mixed->body);
  EXPECT_EQ(report.at("accepted"), 0);
  EXPECT_EQ(report.at("rejected"), 2);
  EXPECT_EQ(report.at("rejections").at(0).at("line"), 2) << "of the events: blank lines are none";
  EXPECT_EQ(report.at("rejections").at(1).at("line"), 4);
  std::string many;
  for (int i = 0; i < 500; ++i) many += "bad\n";
  const auto refused = client.Post("/v1/events/interactions", "application/x-ndjson", many);
  EXPECT_EQ(nlohmann::json::parse(refused->body).at("rejected"), 500);
  EXPECT_EQ(nlohmann::json::parse(refused->body).at("rejections").size(), 100u) << "an answer has a bound";
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/x-ndjson", "\n \r\n")->status, 400);
  EXPECT_EQ(client.Post("/v1/events/interactions", "application/json", std::string(100'000, '['))->status,
            400);
  EXPECT_EQ(backend_.appended(), 0u);
}

TEST_F(HttpAbuseTest, UncheckedEventsAreTakenAsTheyAre) {
  Serve();
  RawClient client(port());
  const std::string target = "/v1/events/interactions?unchecked=";
  EXPECT_EQ(client.Post(target + "true", "application/x-ndjson", "bad\n{}")->status, 202);
  EXPECT_EQ(client.Post(target + "0", "application/x-ndjson", "bad\n{}")->status, 400);
  EXPECT_EQ(CodeOf(*client.Post(target + "maybe", "application/x-ndjson", "{}")), "bad_parameter");
  EXPECT_EQ(CodeOf(*client.Post("/v1/events/interactions?force=1", "application/json", "{}")),
            "bad_parameter");
  EXPECT_EQ(backend_.appended(), 2u);
}

// Answers pile up in the socket until it is full; then the server waits no longer than for any other client.
TEST_F(HttpAbuseTest, AClientThatReadsNothingIsCutOff) {
  HttpServerOptions options;
  options.request_timeout = std::chrono::milliseconds(200);
  Serve(options);
  RawClient greedy(port());
  std::string requests;
  for (int i = 0; i < 1'000; ++i) {
    requests += "GET /v1/users/" + std::string(4'000, 'u') + "/recommendations HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  bool cut = false;
  for (int round = 0; round < 100 && !cut; ++round) cut = !greedy.Send(requests);
  EXPECT_TRUE(cut);
  EXPECT_EQ(RawClient(port()).Get("/healthz")->status, 200);
}

TEST_F(HttpAbuseTest, SilentConnectionsTakeNoOthersPlaceForLong) {
  HttpServerOptions options;
  options.connections_max = 100;
  options.request_timeout = std::chrono::milliseconds(200);
  Serve(options);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(std::make_unique<RawClient>(port()));
  int status = 0;
  for (int i = 0; i < 10'000 && status != 200; ++i) {
    const auto answer = RawClient(port()).Get("/healthz");
    status = answer ? answer->status : 0;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(HttpAbuseTest, ClientsThatLeaveInTheMiddleLeaveNothingBehind) {
  HttpServerOptions options;
  options.metrics = &metrics_;
  Serve(options);
  const std::string post =
      "POST /v1/events/interactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
      "2\r\n\r\n{}";
  backend_.Hold();
  for (std::size_t cut = 0; cut <= post.size(); cut += 7) RawClient(port()).Send(post.substr(0, cut));
  { RawClient(port()).Send(post); }
  backend_.AwaitWaiting(1);
  backend_.LetGo();
  RawClient last(port());
  for (int i = 0; i < 10'000; ++i) {
    const auto answer = last.Get("/healthz");
    ASSERT_TRUE(answer.has_value());
    if (metrics_.Text().find("freshet_http_connections 1\n") != std::string::npos) break;
  }
  EXPECT_THAT(metrics_.Text(), HasSubstr("freshet_http_connections 1\n"));
}

}  // namespace
}  // namespace freshet
