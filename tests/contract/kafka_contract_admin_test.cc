// Topics and identity of a real cluster.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "integration/broker/broker_fixture.h"

namespace freshet::testing {
namespace {

using std::chrono::seconds;

class KafkaAdminTest : public BrokerTest {};

TEST_F(KafkaAdminTest, ClusterIdIsStable) {
  const auto id = log_->ClusterId();
  ASSERT_TRUE(id.ok());
  EXPECT_FALSE(id->empty());
  auto again = KafkaLog::Open(options_);
  EXPECT_EQ(*(*again)->ClusterId(), *id);
}

TEST_F(KafkaAdminTest, CreatesDescribesListsAndDeletes) {
  TopicSpec spec = Topic(Unique("admin"), 3);
  spec.cleanup = Cleanup::kCompactAndDelete;
  spec.retention = std::chrono::hours(1);
  spec.message_bytes_max = 123'456;
  spec.settings = {{"segment.ms", "60000"}, {"replication.factor", "1"}};
  ASSERT_TRUE(log_->Create(spec).ok());
  EXPECT_EQ(log_->Create(spec).error().code, ErrorCode::kAlreadyExists);
  auto described = log_->Describe(spec.name);
  ASSERT_TRUE(described.ok()) << described.error().message;
  EXPECT_EQ(described->partitions, 3);
  EXPECT_EQ(described->settings["cleanup.policy"], "compact,delete");
  EXPECT_EQ(described->settings["retention.ms"], "3600000");
  EXPECT_EQ(described->settings["max.message.bytes"], "123456");
  EXPECT_EQ(described->settings["segment.ms"], "60000");
  const auto listed = log_->List();
  ASSERT_TRUE(listed.ok());
  const auto found = std::find_if(listed->begin(), listed->end(),
                                  [&](const auto& topic) { return topic.name == spec.name; });
  ASSERT_NE(found, listed->end());
  EXPECT_EQ(found->settings, described->settings);
  EXPECT_TRUE(std::none_of(listed->begin(), listed->end(),
                           [](const auto& topic) { return topic.name.starts_with("__"); }));
  ASSERT_TRUE(log_->Delete(spec.name).ok());
  EXPECT_EQ(log_->Describe(spec.name).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log_->Delete(spec.name).error().code, ErrorCode::kNotFound);
}

TEST_F(KafkaAdminTest, RefusesWrongTopics) {
  TopicSpec spec = Topic(Unique("admin"));
  spec.settings["no.such.setting"] = "1";
  EXPECT_EQ(log_->Create(spec).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log_->Create(Topic("bad name!")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log_->Create(Topic(Unique("admin"), 0)).error().code, ErrorCode::kInvalidArgument);
  spec.settings = {{"replication.factor", "many"}};
  EXPECT_EQ(log_->Create(spec).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(KafkaAdminTest, OffsetsAreFoundByTime) {
  const TopicPartition of{Unique("admin"), {}};
  ASSERT_TRUE(log_->Create(Topic(of.topic)).ok());
  auto writer = log_->OpenWriter({std::nullopt, seconds(15), {of.topic}});
  ASSERT_TRUE((*writer)->Initialise().ok());
  ASSERT_TRUE((*writer)->Begin().ok());
  for (const std::int64_t ms : {1'700'000'001'000, 1'700'000'002'000, 1'700'000'003'000}) {
    ASSERT_TRUE((*writer)->Append({of, "k", "v", {}, Timestamp{ms}}).ok());
  }
  ASSERT_TRUE((*writer)->Commit().ok());
  EXPECT_EQ(log_->OffsetForTime(of, {1'700'000'001'500})->value, 1);
  EXPECT_EQ(log_->OffsetForTime(of, {1'700'000'003'000})->value, 2);
  EXPECT_EQ(log_->OffsetForTime(of, {1'700'000'003'001})->value, 3);
  EXPECT_EQ(log_->OffsetForTime(of, {-5})->value, 0);
  EXPECT_EQ(log_->OffsetForTime({of.topic, {1}}, {0}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log_->QueryWatermarks({Unique("absent"), {}}, Isolation::kReadCommitted).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace freshet::testing
