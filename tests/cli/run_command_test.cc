// How `freshet run` begins and how it ends before it has begun.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "cli/program_run.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A port of this machine that nobody else gets. Connections to it are refused until Listen.
class HeldPort final {
 public:
  HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~HeldPort() { ::close(socket_); }
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;

  void Listen() const { EXPECT_EQ(::listen(socket_, 1), 0); }
  const std::string& Address() const { return address_; }

 private:
  int socket_;
  std::string address_;
};

TEST(RunCommand, SaysThatItsAddressCannotBeUsed) {
  const Workplace here;
  const ProgramResult result = here.Run({"run", "--data", "d", "--set", "http.listen=256.0.0.1:1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot listen on 256.0.0.1:1"));
  EXPECT_THAT(result.err, HasSubstr("change http.listen"));
}

TEST(RunCommand, TouchesNothingWhereItsPortIsTaken) {
  const Workplace here;
  const HeldPort taken;
  taken.Listen();
  const ProgramResult result = here.Run({"run", "--data", "d", "--set", "http.listen=" + taken.Address()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot listen on " + taken.Address()));
  EXPECT_THAT(result.err, Not(HasSubstr("acquired")));
  EXPECT_FALSE(std::filesystem::exists(here.Path("d/log")));
}

TEST(RunCommand, EndsOnASignalWhileItsBrokerIsOutOfReach) {
  const Workplace here;
  const HeldPort nobody;
  const pid_t run = here.Start({"run", "--data", "d", "--set", "kafka.bootstrap_servers=" + nobody.Address(),
                                "--set", "http.listen=127.0.0.1:0"});
  // Locked after signals are taken and before the broker is asked.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (ReadText(here.Path("d/LOCK")).empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(::kill(run, SIGTERM), 0);
  const ProgramResult result = here.Await(run);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("stopping before the start has ended"));
}

}  // namespace
}  // namespace freshet
