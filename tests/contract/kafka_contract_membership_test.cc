// Group membership on a real broker: static members, takeover, fencing by instance id.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "integration/broker/broker_fixture.h"

namespace freshet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Owned = std::vector<TopicPartition>;

constexpr milliseconds kSession{6'000};
constexpr seconds kPatience{30};

class KafkaMembershipTest : public BrokerTest {
 protected:
  void SetUp() override {
    BrokerTest::SetUp();
    if (!log_) return;
    group_ = Unique("group");
    lead_ = {Unique("lead-a"), Unique("lead-b")};
    for (const std::string& topic : lead_) ASSERT_TRUE(log_->Create(Topic(topic, 4)).ok());
  }

  std::unique_ptr<Membership> Join(const std::string& instance_id) {
    auto member = log_->Join({group_, instance_id, lead_, kSession});
    EXPECT_TRUE(member.ok()) << member.error().message;
    return std::move(*member);
  }

  /// Polls all members in turn until each owns as many partitions as `counts` says.
  static std::vector<Owned> Settle(const std::vector<Membership*>& members,
                                   const std::vector<std::size_t>& counts, std::vector<Owned> owned = {}) {
    owned.resize(members.size());
    const auto deadline = steady_clock::now() + kPatience;
    while (steady_clock::now() < deadline) {
      bool settled = true;
      for (std::size_t i = 0; i < members.size(); ++i) {
        const auto news = members[i]->Poll(milliseconds(20));
        EXPECT_TRUE(news.ok()) << news.error().message;
        if (news.ok() && *news) owned[i] = **news;
        settled &= owned[i].size() == counts[i];
      }
      if (settled) return owned;
    }
    ADD_FAILURE() << "the group did not settle";
    return owned;
  }

  static Error PollUntilError(Membership& member) {
    const auto deadline = steady_clock::now() + kPatience;
    while (steady_clock::now() < deadline) {
      const auto news = member.Poll(milliseconds(100));
      if (!news.ok()) return news.error();
    }
    return {};
  }

  std::string group_;
  std::vector<std::string> lead_;
};

TEST_F(KafkaMembershipTest, EqualPartitionNumbersOfAllLeadTopicsGoTogether) {
  auto a = Join("");
  auto b = Join("");
  const auto owned = Settle({a.get(), b.get()}, {4, 4});
  for (const Owned& one : owned) {
    for (const TopicPartition& partition : one) {
      for (const std::string& topic : lead_) {
        EXPECT_NE(std::find(one.begin(), one.end(), TopicPartition{topic, partition.partition}), one.end());
      }
    }
  }
}

TEST_F(KafkaMembershipTest, AMemberThatLeavesHandsOverAtOnce) {
  for (const bool with_instance_id : {false, true}) {
    auto a = Join(with_instance_id ? "a" : "");
    auto b = Join(with_instance_id ? "b" : "");
    auto owned = Settle({a.get(), b.get()}, {4, 4});
    const auto start = steady_clock::now();
    ASSERT_TRUE(a->Leave().ok());
    EXPECT_EQ(a->Poll(milliseconds(0)).error().code, ErrorCode::kCancelled);
    Settle({b.get()}, {8}, {owned[1]});
    EXPECT_LT(steady_clock::now() - start, kSession - milliseconds(1'000)) << "not by the end of the session";
    ASSERT_TRUE(b->Leave().ok());
  }
}

TEST_F(KafkaMembershipTest, AStaticMemberThatEndsAbruptlyGetsItsPartitionsBackAtOnce) {
  auto a = Join("a");
  auto b = Join("b");
  auto owned = Settle({a.get(), b.get()}, {4, 4});
  a.reset();
  const auto start = steady_clock::now();
  a = Join("a");
  const auto again = Settle({a.get(), b.get()}, {4, 4}, {{}, owned[1]});
  EXPECT_EQ(again[0], owned[0]);
  EXPECT_EQ(again[1], owned[1]);
  EXPECT_LT(steady_clock::now() - start, seconds(3)) << "without waiting for the session to expire";
}

TEST_F(KafkaMembershipTest, OthersTakeOverFromADeadMemberAfterItsSession) {
  auto a = Join("a");
  auto b = Join("b");
  const auto owned = Settle({a.get(), b.get()}, {4, 4});
  a.reset();
  Settle({b.get()}, {8}, {owned[1]});
}

TEST_F(KafkaMembershipTest, ASecondProcessWithTheSameInstanceIdFencesTheFirst) {
  auto a = Join("same");
  Settle({a.get()}, {8});
  auto b = Join("same");
  Settle({b.get()}, {8});
  const Error error = PollUntilError(*a);
  EXPECT_EQ(error.code, ErrorCode::kFenced) << error.message;
  EXPECT_EQ(a->Poll(milliseconds(0)).error().code, ErrorCode::kFenced) << "and stays so";
}

TEST_F(KafkaMembershipTest, AMemberWithoutAPartitionIsToldSo) {
  lead_.resize(1);
  std::vector<std::unique_ptr<Membership>> members;
  std::vector<Membership*> borrowed;
  for (int i = 0; i < 5; ++i) {
    members.push_back(Join("m" + std::to_string(i)));
    borrowed.push_back(members.back().get());
  }
  std::vector<std::optional<Owned>> owned(5);
  const auto settled = [&] {
    std::size_t total = 0;
    for (const auto& one : owned) {
      if (!one) return false;
      total += one->size();
    }
    return total == 4 &&
           std::count_if(owned.begin(), owned.end(), [](const auto& o) { return o->empty(); }) == 1;
  };
  const auto deadline = steady_clock::now() + kPatience;
  while (!settled() && steady_clock::now() < deadline) {
    for (std::size_t i = 0; i < 5; ++i) {
      const auto news = borrowed[i]->Poll(milliseconds(20));
      ASSERT_TRUE(news.ok()) << news.error().message;
      if (*news) owned[i] = **news;
    }
  }
  EXPECT_TRUE(settled());
}

TEST_F(KafkaMembershipTest, AdvisedOffsetsDoNotDisturbTheGroup) {
  auto a = Join("a");
  auto b = Join("b");
  const auto owned = Settle({a.get(), b.get()}, {4, 4});
  std::vector<Position> next;
  for (const TopicPartition& partition : owned[0]) next.push_back({partition, Offset{0}});
  next.push_back({owned[1][0], Offset{0}});  // not its own: left out
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(a->AdviseOffsets(next).ok());
    for (Membership* member : {a.get(), b.get()}) {
      const auto news = member->Poll(milliseconds(10));
      ASSERT_TRUE(news.ok()) << news.error().message;
      EXPECT_FALSE(news->has_value());
    }
  }
}

TEST_F(KafkaMembershipTest, OwnershipIsKeptWhileTheGroupRebalances) {
  auto a = Join("a");
  auto owned = Settle({a.get()}, {8});
  auto b = Join("b");
  const auto deadline = steady_clock::now() + kPatience;
  std::optional<Owned> of_b;
  std::optional<Owned> of_a;
  while ((!of_a || !of_b) && steady_clock::now() < deadline) {
    const auto news = a->Poll(milliseconds(10));
    ASSERT_TRUE(news.ok());
    if (*news) {
      EXPECT_FALSE(of_a.has_value()) << "told once, the new ownership";
      of_a = **news;
    }
    const auto other = b->Poll(milliseconds(10));
    ASSERT_TRUE(other.ok());
    if (*other) of_b = **other;
  }
  ASSERT_TRUE(of_a.has_value());
  EXPECT_EQ(of_a->size(), 4U);
}

}  // namespace
}  // namespace freshet::testing
