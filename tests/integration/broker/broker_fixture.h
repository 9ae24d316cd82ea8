#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "connectors/kafka/kafka_log.h"
#include "freshet/log.h"

namespace freshet::testing {

inline TopicSpec Topic(std::string name, std::int32_t partitions = 1) {
  TopicSpec spec;
  spec.name = std::move(name);
  spec.partitions = partitions;
  return spec;
}

/// A real broker for the tests of one process: the one that FRESHET_TEST_BROKER names, or one that broker.sh
/// starts on a free port, with empty data, and that ends with the process, however that ends.
class TestBroker {
 public:
  /// The process's broker; nullptr when it cannot be had (WhyMissing says why). Starts it at the first call;
  /// that the start goes wrong is a failure of the test that asked, that java is missing is not.
  static TestBroker* Get() {
    Holder& holder = TheHolder();
    if (!holder.tried) Start(holder);
    return holder.broker.get();
  }
  static const std::string& WhyMissing() { return TheHolder().why_missing; }

  ~TestBroker() {
    if (ours_) Run("down");
  }
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;

  const std::string& address() const { return address_; }
  /// Whether this process may end and restart it.
  bool ours() const { return ours_; }
  bool Kill9() { return ours_ && Run("kill9").exit_code == 0; }
  /// Starts it again on the data it had.
  bool Resume() { return ours_ && Run("resume").exit_code == 0; }

 private:
  static constexpr int kCannotBeHad = 77;

  struct Outcome {
    int exit_code = -1;
    std::string output;
  };
  struct Holder {
    bool tried = false;
    std::unique_ptr<TestBroker> broker;
    std::string why_missing;
  };
  TestBroker(std::string address, int port, bool ours)
      : address_(std::move(address)), port_(port), ours_(ours) {}

  static Holder& TheHolder() {
    static Holder holder;
    return holder;
  }

  static void Start(Holder& holder) {
    holder.tried = true;
    if (const char* given = std::getenv("FRESHET_TEST_BROKER"); given != nullptr && *given != '\0') {
      holder.broker.reset(new TestBroker(given, 0, false));
    } else {
      const int port = FreePort();
      std::unique_ptr<TestBroker> broker(new TestBroker("127.0.0.1:" + std::to_string(port), port, true));
      const Outcome up = broker->Run("up");
      if (up.exit_code != 0) {
        broker->ours_ = false;
        // Tests that print the first text count as skipped (cmake/Modules.cmake); a broken broker is no such
        // case.
        const bool absent = up.exit_code == kCannotBeHad;
        holder.why_missing = (absent ? "NO KAFKA BROKER: " : "the broker did not start: ") + up.output;
        if (!absent) ADD_FAILURE() << holder.why_missing;
        return;
      }
      holder.broker = std::move(broker);
    }
    const std::string failure = WarmUp(holder.broker->address());
    if (!failure.empty()) ADD_FAILURE() << "warming the broker up: " << failure;
  }

  static std::string Directory() {
    const char* given = std::getenv("FRESHET_KAFKA_DIR");
    return given != nullptr && *given != '\0' ? given : std::string(FRESHET_SOURCE_DIR) + "/build/kafka";
  }

  Outcome Run(const std::string& verb) const {
    const std::string command = std::string(FRESHET_SOURCE_DIR) + "/tests/integration/broker/broker.sh " +
                                verb + " '" + Directory() + "' " + std::to_string(port_) + " " +
                                std::to_string(::getpid()) + " 2>&1";
    Outcome outcome;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return outcome;
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) outcome.output += line.data();
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
    return outcome;
  }

  static bool CanBind(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0;
    ::close(fd);
    return free;
  }

  // Two ports in a row, below those that the system gives to outgoing connections.
  static int FreePort() {
    constexpr int kFirst = 20'000;
    constexpr int kPairs = 5'000;
    for (int i = 0; i < kPairs; ++i) {
      const int port = kFirst + 2 * ((static_cast<int>(::getpid()) + i) % kPairs);
      if (CanBind(port) && CanBind(port + 1)) return port;
    }
    return kFirst;
  }

  // The transaction and the group coordinator load on first use, up to a second each: not in a timed test.
  static std::string WarmUp(const std::string& address) {
    KafkaOptions options;
    options.bootstrap_servers = address;
    auto log = KafkaLog::Open(options);
    if (!log.ok()) return log.error().message;
    const std::string name = "warm-up-" + std::to_string(::getpid());
    if (const auto made = (*log)->Create(Topic(name)); !made.ok()) return made.error().message;
    auto writer = (*log)->OpenWriter({name, std::chrono::seconds(15), {name}});
    if (!writer.ok()) return writer.error().message;
    if (const auto ready = (*writer)->Initialise(); !ready.ok()) return ready.error().message;
    static_cast<void>((*writer)->Begin().ok());
    static_cast<void>((*writer)->Append({{name, {}}, {}, "x", {}, {}}).ok());
    if (const auto done = (*writer)->Commit(); !done.ok()) return done.error().message;
    return WarmUpGroup(**log, name);
  }

  static std::string WarmUpGroup(Log& log, const std::string& name) {
    auto member = log.Join({name, "", {name}, std::chrono::seconds(6)});
    if (!member.ok()) return member.error().message;
    const auto owned = (*member)->Poll(std::chrono::seconds(30));
    if (!owned.ok()) return owned.error().message;
    if (!owned->has_value()) return "no partition was assigned in 30 s";
    if (const auto left = (*member)->Leave(); !left.ok()) return left.error().message;
    const auto gone = log.Delete(name);
    return gone.ok() ? "" : gone.error().message;
  }

  const std::string address_;
  const int port_;
  bool ours_;
};

/// Base of tests against the real broker. Skips them, loudly, when there is none.
class BrokerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    broker_ = TestBroker::Get();
    if (broker_ == nullptr) GTEST_SKIP() << TestBroker::WhyMissing();
    options_.bootstrap_servers = broker_->address();
    auto log = KafkaLog::Open(options_);
    ASSERT_TRUE(log.ok()) << log.error().message;
    log_ = std::move(*log);
  }

  /// A name that no other test and no other run uses.
  static std::string Unique(const std::string& prefix) {
    static int count = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
    return prefix + "-" + std::to_string(::getpid()) + "-" + std::to_string(now) + "-" +
           std::to_string(count++);
  }

  TestBroker* broker_ = nullptr;
  KafkaOptions options_;
  std::unique_ptr<KafkaLog> log_;
};

}  // namespace freshet::testing
