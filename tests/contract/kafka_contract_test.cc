// The contract of every log, on a real Kafka broker.
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "contract/kafka_settled_log.h"
#include "contract/log_contract.h"
#include "integration/broker/broker_fixture.h"

namespace freshet::contract {
namespace {

class KafkaFixture final : public LogFixture {
 public:
  explicit KafkaFixture(const std::string& address) {
    options_.bootstrap_servers = address;
    options_.producer["message.max.bytes"] = "4000000";  // one test appends a mebibyte
    Reopen();
  }
  Capabilities Can() const override {
    Capabilities can;
    can.dense_offsets = false;  // a transaction's end takes an offset
    can.open_in_log = true;
    can.retention = false;  // the broker's own threads do both, when they like
    can.compaction = false;
    can.patience = milliseconds(10'000);  // the machine may be busy
    can.silence = milliseconds(200);
    return can;
  }
  Log& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    auto opened = KafkaLog::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::make_unique<SettledLog>(std::move(*opened));
  }
  std::string Name(const std::string& stem) override { return stem + suffix_; }

 private:
  static std::string NextSuffix() {
    static int count = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch() / milliseconds(1);
    return "-" + std::to_string(now) + "-" + std::to_string(count++);
  }

  const std::string suffix_ = NextSuffix();
  KafkaOptions options_;
  std::unique_ptr<Log> log_;
};

std::unique_ptr<LogFixture> MakeKafka() {
  const auto* broker = freshet::testing::TestBroker::Get();
  if (broker == nullptr) {
    std::cerr << freshet::testing::TestBroker::WhyMissing() << "\n";
    return nullptr;
  }
  return std::make_unique<KafkaFixture>(broker->address());
}

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract, ::testing::Values(&MakeKafka));

}  // namespace
}  // namespace freshet::contract
