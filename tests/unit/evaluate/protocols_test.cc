// Protocols over small worlds in which it is known what can be learned.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/format.h"
#include "evaluate/held_out.h"
#include "evaluate/leave_one_out.h"
#include "evaluate/prequential.h"
#include "evaluate/rating_protocol.h"
#include "evaluate/session_protocol.h"
#include "text_file.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

class Protocols : public testing::Test {
 protected:
  Protocols() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-protocols-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Protocols() override { std::filesystem::remove_all(root_); }
  std::string Write(const std::string& text) {
    const auto path = root_ / ("file" + std::to_string(files_++));
    WriteText(path, text);
    return path.string();
  }
  static double Metric(const Result<EvaluationReport>& report, const std::string& name) {
    for (const auto& [metric, value] : report->metrics) {
      if (metric == name) return value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
  EvaluationOptions options_;
  ManualClock clock_;

 private:
  std::filesystem::path root_;
  int files_ = 0;
};

/// Visits of `length` items, each the next one of `items` in a ring, from a start that moves on.
std::string Ring(int visits, int length, int items, int first_visit = 0, std::int64_t start = 1'000'000) {
  std::string text = "SessionId\tItemId\tTime\n";
  for (int v = 0; v < visits; ++v) {
    for (int i = 0; i < length; ++i) {
      text += fmt::format("v{}\ti{}\t{}\n", first_visit + v, (v * 7 + i) % items, start + 100 * v + i);
    }
  }
  return text;
}

TEST_F(Protocols, APrequentialRunDoesNotDependOnTheClock) {
  PrequentialOptions protocol;
  protocol.input.path = Write(Ring(60, 6, 20));
  const auto once = EvaluatePrequential(protocol, options_, clock_);
  const auto again = EvaluatePrequential(protocol, options_, SystemClock());
  ASSERT_TRUE(once.ok() && again.ok());
  EXPECT_EQ(once->n, 300u);
  EXPECT_EQ(once->metrics, again->metrics);
  EXPECT_GT(Metric(once, "hit_rate@5"), 0.5);
}

TEST_F(Protocols, AColdStartScoresBeginnersAndNewItemsOnly) {
  // Everyone begins with the door; then each goes on with the same eight things, known to all by then.
  std::string text;
  for (int v = 0; v < 60; ++v) {
    text += fmt::format(R"({{"user_id":"v{}","occupation":"smith"}})"
                        "\n",
                        v);
  }
  for (int v = 0; v < 60; ++v) {
    for (int i = 0; i < 9; ++i) {
      text += fmt::format(R"({{"user_id":"v{}","item_id":"{}","type":"click","occurred_at":{}}})"
                          "\n",
                          v, i == 0 ? std::string("door") : fmt::format("i{}", i), 1'000'000 + 100 * v + i);
    }
  }
  PrequentialOptions protocol;
  protocol.input.path = Write(text);
  protocol.input.format = EventSourceOptions::kLines;
  protocol.cold_start = true;
  options_.recommender.segments = true;
  const auto report = EvaluatePrequential(protocol, options_, clock_);
  ASSERT_TRUE(report.ok()) << report.error().message;
  std::map<std::string, std::uint64_t> scored;
  for (const auto& breakdown : report->by) {
    for (const auto& group : breakdown.groups) scored[group.name] = group.n;
  }
  EXPECT_EQ(scored["user after 0 events"], 60u);
  EXPECT_EQ(scored["user after 1 event"], 60u);
  EXPECT_EQ(scored["user after 3 events"], 60u);
  EXPECT_EQ(scored["user after 5 events"], 60u);
  EXPECT_EQ(scored["item below 20 events"], 9u * 20u) << "the first 20 events of each item";
  EXPECT_EQ(report->n, 9u * 20u + 4u * 40u);
}

TEST_F(Protocols, AFrozenModelDoesNotLearnAfterTheSplit) {
  // From the middle on the ring runs the other way round.
  std::string text = "user\titem\ttime\n";
  for (int v = 0; v < 80; ++v) {
    for (int i = 0; i < 6; ++i) {
      const int item = v < 40 ? (v * 7 + i) % 20 : 25 + (v * 7 + 20 - i) % 20;
      text += fmt::format("v{}\ti{}\t{}\n", v, item, 1'000'000 + 100 * v + i);
    }
  }
  PrequentialOptions protocol;
  protocol.input.path = Write(text);
  protocol.from_quantile = 0.5;
  const auto learning = EvaluateTemporal(protocol, options_, clock_);
  protocol.frozen = true;
  const auto frozen = EvaluateTemporal(protocol, options_, clock_);
  ASSERT_TRUE(learning.ok() && frozen.ok());
  EXPECT_EQ(learning->n, frozen->n);
  EXPECT_GT(Metric(learning, "hit_rate@5"), 0.4);
  EXPECT_LT(Metric(frozen, "hit_rate@100"), 0.1) << "it has never seen the new items";
}

TEST_F(Protocols, SessionsAreTestedByTheirPrefixesAndTeachNothing) {
  SessionProtocolOptions protocol;
  protocol.train = Write(Ring(60, 6, 20));
  protocol.test = Write(Ring(5, 4, 20, 0, 2'000'000));
  const auto report = EvaluateSessions(protocol, options_, clock_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->n, 15u) << "each item but the first, and names of training sessions do no harm";
  EXPECT_GT(Metric(report, "hit_rate@5"), 0.9);
}

TEST_F(Protocols, TheCurrentItemIsLeftOutWhereRepeatsAre) {
  std::string stuttering = "SessionId\tItemId\tTime\n";
  for (int v = 0; v < 30; ++v) {
    for (const int i : {0, 0, 1, 1, 0}) {
      stuttering += fmt::format("v{}\ti{}\t{}\n", v, i, 1'000 + stuttering.size());
    }
  }
  SessionProtocolOptions protocol;
  protocol.train = Write(stuttering);
  protocol.test = Write("SessionId\tItemId\tTime\nw\ti0\t90000\nw\ti0\t90001\nw\ti1\t90002\nw\ti0\t90003\n");
  const auto allowed = EvaluateSessions(protocol, options_, clock_);
  protocol.repeats = false;
  const auto excluded = EvaluateSessions(protocol, options_, clock_);
  ASSERT_TRUE(allowed.ok() && excluded.ok());
  EXPECT_EQ(allowed->n, 3u);
  EXPECT_EQ(excluded->n, 2u);
  EXPECT_EQ(Metric(excluded, "mrr@5"), 1)
      << "two items: the other one is first, also where it was there before";
}

TEST_F(Protocols, LeaveOneOutPredictsTheEndsOfLines) {
  std::string lines;
  for (int u = 0; u < 60; ++u) {
    for (int i = 0; i < 8; ++i) lines += fmt::format("i{} ", (u * 7 + i) % 30);
    lines += "\n";
  }
  lines += "i1 i2\n";  // too short: it is learned from nothing and tested by nothing
  LeaveOneOutOptions protocol;
  protocol.sequences = Write(lines);
  const auto test = EvaluateLeaveOneOut(protocol, options_, clock_);
  protocol.validation = true;
  const auto validation = EvaluateLeaveOneOut(protocol, options_, clock_);
  ASSERT_TRUE(test.ok() && validation.ok());
  EXPECT_EQ(test->n, 60u);
  EXPECT_EQ(validation->n, 60u);
  EXPECT_GT(Metric(test, "hit_rate@10"), 0.8);
  EXPECT_GT(Metric(validation, "hit_rate@10"), 0.8);
}

TEST_F(Protocols, HeldOutItemsAreRankedWithoutWhatWasLearned) {
  std::string train;
  std::string test;
  for (int u = 0; u < 60; ++u) {
    const char group = u % 2 == 0 ? 'a' : 'b';
    train += fmt::format("u{}", u);
    test += fmt::format("u{}", u);
    for (int i = 0; i < 10; ++i)
      (i == u / 2 % 10 || i == (u / 2 + 3) % 10 ? test : train) += fmt::format(" {}{}", group, i);
    train += "\n";
    test += "\n";
  }
  HeldOutOptions protocol;
  protocol.train = Write(train);
  protocol.test = Write(test + "stranger a1\nempty\n");
  const auto report = EvaluateHeldOut(protocol, options_, clock_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->n, 61u) << "a user without items is no user; a stranger gets a list, too";
  EXPECT_GT(Metric(report, "recall@5"), 0.9);
  EXPECT_EQ(Metric(report, "recall@5"), Metric(EvaluateHeldOut(protocol, options_, clock_), "recall@5"));
}

TEST_F(Protocols, RatingsArePredictedBeforeTheyAreLearned) {
  // Users who give always the same, and one item that everybody likes better.
  std::string text = "user\titem\ttime\tvalue\n";
  for (int i = 0; i < 20; ++i) {
    for (int u = 0; u < 20; ++u) {
      text += fmt::format("u{}\ti{}\t{}\t{}\n", u, i, 1'000'000 + text.size(), (u % 2 == 0 ? 2 : 4));
    }
  }
  RatingProtocolOptions protocol;
  protocol.test.path = Write(text);
  protocol.test.as = ReadAs::kRatings;
  const auto progressive = EvaluateRatings(protocol, options_, clock_);
  ASSERT_TRUE(progressive.ok());
  EXPECT_EQ(progressive->n, 400u);
  EXPECT_LT(Metric(progressive, "mae"), 0.5);
  EXPECT_NEAR(Metric(progressive, "rmse") * Metric(progressive, "rmse"), Metric(progressive, "mse"), 1e-12);
  protocol.train = {protocol.test};
  const auto frozen = EvaluateRatings(protocol, options_, clock_);
  ASSERT_TRUE(frozen.ok());
  EXPECT_EQ(frozen->n, 400u);
  EXPECT_LT(Metric(frozen, "mae"), Metric(progressive, "mae"));
}

TEST_F(Protocols, SayWhichFileTheyCannotRead) {
  SessionProtocolOptions protocol;
  protocol.train = Write("SessionId\tTime\n1\t2\n");
  protocol.test = protocol.train;
  const auto report = EvaluateSessions(protocol, options_, clock_);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message, HasSubstr("line 1: the header has no column item"));
}

}  // namespace
}  // namespace freshet
