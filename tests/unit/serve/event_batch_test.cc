#include "serve/event_batch.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/hash.h"

namespace freshet {
namespace {

TEST(EventBatch, KeysEventsByTheirOwnerAndNumbersRejections) {
  EventBatcher batcher{DecoderOptions{}};
  const EventTopic topic{.role = "interactions", .name = "rec.interactions", .partitions = 4};
  const EventBatch batch = batcher.Prepare(topic, {R"({"user_id":"u1","item_id":"i1","type":"view"})",
                                                   "{not json", R"({"user_id":"u2","type":"view"})"});
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].key, "u1");
  EXPECT_EQ(batch.records[0].to.topic, "rec.interactions");
  EXPECT_EQ(batch.records[0].to.partition, PartitionForKey("u1", 4));
  EXPECT_EQ(batch.records[0].value, R"({"user_id":"u1","item_id":"i1","type":"view"})");
  ASSERT_EQ(batch.rejections.size(), 2u);
  EXPECT_EQ(batch.rejections[0].line, 2u);
  EXPECT_EQ(batch.rejections[0].rejection.reason_code, "not_json");
  EXPECT_EQ(batch.rejections[1].line, 3u);
  EXPECT_FALSE(batch.rejections[1].rejection.fix_hint.empty());
}

TEST(EventBatch, KeysTheCatalogueByItem) {
  EventBatcher batcher{DecoderOptions{}};
  const EventBatch batch = batcher.Prepare({.role = "catalogue", .name = "catalogue", .partitions = 2},
                                           {R"({"item_id":"i9","item_type":"book","title":"T"})"});
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].key, "i9");
}

TEST(EventBatch, RefusesTimesThatTasksWouldRefuse) {
  const ManualClock clock{Timestamp{1'700'000'000'000}};
  EventBatcher batcher{DecoderOptions{.future_ms_max = 1'000}, clock};
  const std::string near = R"({"user_id":"u1","item_id":"i1","type":"view","occurred_at":1700000001000})";
  const std::string far = R"({"user_id":"u1","item_id":"i1","type":"view","occurred_at":1700000001001})";
  const EventTopic topic{.role = "interactions", .name = "interactions", .partitions = 4};
  const EventBatch batch = batcher.Prepare(topic, {near, far});
  ASSERT_EQ(batch.records.size(), 1u);
  ASSERT_EQ(batch.rejections.size(), 1u);
  EXPECT_EQ(batch.rejections[0].line, 2u);
  EXPECT_EQ(batch.rejections[0].rejection.reason_code, "bad_time");
  EXPECT_EQ(batch.rejections[0].rejection.path, "/occurred_at");
  const EventBatch unchecked = batcher.PrepareUnchecked(topic, {far});
  ASSERT_EQ(unchecked.records.size(), 1u);
  EXPECT_EQ(unchecked.records[0].key, "u1");
  const EventTopic items{.role = "catalogue", .name = "catalogue", .partitions = 2};
  const std::string item = R"({"item_id":"i1","item_type":"book","title":"T","updated_at":1800000000000})";
  EXPECT_EQ(batcher.Prepare(items, {item}).records.size(), 1u);
}

TEST(EventBatch, UncheckedTakesWhatCannotBeReadToo) {
  EventBatcher batcher{DecoderOptions{}};
  const EventTopic topic{.role = "interactions", .name = "rec.interactions", .partitions = 4};
  const EventBatch batch =
      batcher.PrepareUnchecked(topic, {"{not json", R"({"user_id":"u1","item_id":"i1","type":"view"})", ""});
  ASSERT_EQ(batch.records.size(), 3u);
  EXPECT_TRUE(batch.rejections.empty());
  EXPECT_EQ(batch.records[0].value, "{not json");
  EXPECT_EQ(batch.records[0].to.partition, PartitionForKey("{not json", 4));
  EXPECT_FALSE(batch.records[0].key->empty());
  EXPECT_EQ(batch.records[1].key, "u1");
  EXPECT_EQ(batch.records[1].to.partition, PartitionForKey("u1", 4));
}

}  // namespace
}  // namespace freshet
