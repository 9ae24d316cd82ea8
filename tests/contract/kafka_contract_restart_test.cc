// The error classes of the contract while the broker dies and comes back: whoever follows them loses nothing
// and doubles nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "integration/broker/broker_fixture.h"

namespace freshet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class KafkaRestartTest : public BrokerTest {
 protected:
  static constexpr int kRecordsOfATransaction = 10;

  std::unique_ptr<Writer> MakeWriter(const std::string& id, const std::string& topic) {
    const auto deadline = steady_clock::now() + seconds(60);
    while (steady_clock::now() < deadline) {
      auto writer = log_->OpenWriter({id, seconds(10), {topic}});
      if (writer.ok() && (*writer)->Initialise().ok()) return std::move(*writer);
    }
    return nullptr;
  }

  static Result<void> Write(Writer& writer, const std::string& topic, int transaction) {
    FRESHET_CHECK(writer.Begin());
    for (int i = 0; i < kRecordsOfATransaction; ++i) {
      const std::string value = std::to_string(transaction) + "." + std::to_string(i);
      FRESHET_CHECK(writer.Append({{topic, {}}, value, value, {}, {}}));
    }
    return {};
  }

  static Error Commit(Writer& writer) {
    while (true) {
      const auto done = writer.Commit();
      if (done.ok()) return {ErrorCode::kInvalidArgument, ""};
      if (done.error().code != ErrorCode::kUnavailable && done.error().code != ErrorCode::kTimeout) {
        return done.error();
      }
    }
  }

  static bool Abort(Writer& writer) {
    while (true) {
      const auto done = writer.Abort();
      if (done.ok()) return true;
      if (done.error().code != ErrorCode::kUnavailable && done.error().code != ErrorCode::kTimeout)
        return false;
    }
  }

  /// How many transactions are committed, or -1 when the log is not exactly them, in order.
  int Committed(const std::string& topic) {
    auto reader = log_->OpenReader({Isolation::kReadCommitted, milliseconds(10)});
    if (!reader.ok() || !(*reader)->Assign({{{topic, {}}, {0}}}).ok()) return -1;
    std::vector<std::string> values;
    const auto deadline = steady_clock::now() + seconds(60);
    Offset end{-1};
    while (steady_clock::now() < deadline) {
      const auto high = log_->QueryWatermarks({topic, {}}, Isolation::kReadUncommitted);
      const auto polled = (*reader)->Poll(milliseconds(200), {});
      if (!polled.ok() || !high.ok()) continue;
      for (const Record& record : polled->records) values.push_back(*record.value);
      if (!polled->ends.empty()) end = polled->ends.back().next;
      if (end >= high->high) break;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto expected =
          std::to_string(i / kRecordsOfATransaction) + "." + std::to_string(i % kRecordsOfATransaction);
      if (values[i] != expected) return -1;
    }
    return static_cast<int>(values.size()) / kRecordsOfATransaction;
  }
};

TEST_F(KafkaRestartTest, ABrokerThatIsKilledAndRestartedLosesAndDoublesNothing) {
  if (!broker_->ours()) GTEST_SKIP() << "the broker belongs to somebody else";
  const std::string topic = Unique("restart");
  ASSERT_TRUE(log_->Create(Topic(topic)).ok());
  const std::string id = Unique("id");
  auto writer = MakeWriter(id, topic);
  ASSERT_NE(writer, nullptr);
  constexpr int kTransactions = 300;
  constexpr int kKillAt = 100;
  std::future<bool> restarted;
  int reacquired = 0;
  for (int t = 0; t < kTransactions;) {
    if (t == kKillAt && !restarted.valid()) {
      restarted = std::async(std::launch::async, [this] { return broker_->Kill9() && broker_->Resume(); });
    }
    Error failed{ErrorCode::kInvalidArgument, ""};
    if (const auto written = Write(*writer, topic, t); written.ok()) {
      failed = Commit(*writer);
      if (failed.message.empty()) {
        ++t;
        continue;
      }
    } else {
      failed = written.error();
    }
    if (failed.code == ErrorCode::kAborted && Abort(*writer)) continue;
    // As an owner does: a new writer, and the log itself says what was committed.
    writer.reset();
    writer = MakeWriter(id, topic);
    ASSERT_NE(writer, nullptr) << failed.message;
    t = Committed(topic);
    ASSERT_GE(t, 0);
    ASSERT_LT(++reacquired, 10) << failed.message;
  }
  EXPECT_TRUE(restarted.get());
  EXPECT_EQ(Committed(topic), kTransactions);
}

}  // namespace
}  // namespace freshet::testing
