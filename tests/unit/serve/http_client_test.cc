#include "serve/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/http_server.h"
#include "serve/routes.h"
#include "unit/serve/fake_backend.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class HttpClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    HttpServerOptions options;
    options.body_bytes_max = 100'000;
    auto server = HttpServer::Start(options, BuildRoutes(backend_, {}));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }

  FakeBackend backend_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, GetsAndPosts) {
  const auto list = Fetch({.address = server_->Address(), .target = "/v1/users/a%2Fb/recommendations?k=2"});
  ASSERT_TRUE(list.ok()) << list.error().message;
  EXPECT_EQ(list->status, 200);
  EXPECT_EQ(list->body, "a/b 2 explained");
  EXPECT_EQ(list->headers.at("connection"), "close");
  const auto posted = Fetch({.address = server_->Address(),
                             .method = "POST",
                             .target = "/v1/events/interactions",
                             .content_type = "application/x-ndjson",
                             .body = "{}\n{}\n"});
  ASSERT_TRUE(posted.ok()) << posted.error().message;
  EXPECT_EQ(posted->status, 202);
}

TEST_F(HttpClientTest, AnyStatusIsAnAnswer) {
  EXPECT_EQ(Fetch({.address = server_->Address(), .target = "/nothing"})->status, 404);
  const auto refused = Fetch({.address = server_->Address(),
                              .method = "POST",
                              .target = "/v1/events/interactions",
                              .content_type = "application/json",
                              .body = std::string(200'000, ' ')});
  ASSERT_TRUE(refused.ok()) << refused.error().message;
  EXPECT_EQ(refused->status, 413);
}

TEST_F(HttpClientTest, SaysThatNobodyListensOrAnswers) {
  const std::string address = server_->Address();
  backend_.Hold();
  const auto late = Fetch({.address = address,
                           .method = "POST",
                           .target = "/v1/events/interactions",
                           .content_type = "application/json",
                           .body = "{}",
                           .timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  backend_.LetGo();
  server_.reset();
  const auto gone = Fetch({.address = address});
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(gone.error().message, HasSubstr(address));
  EXPECT_EQ(Fetch({.address = "nonsense"}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace freshet
