#include "base/topic_spec.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

TEST(TopicSpecs, NamesAreThoseOfKafka) {
  for (const std::string good : {"a", "shop.Interactions_2-x", "..."}) EXPECT_TRUE(IsTopicName(good)) << good;
  EXPECT_TRUE(IsTopicName(std::string(249, 'a')));
  EXPECT_FALSE(IsTopicName(std::string(250, 'a')));
  for (const std::string bad : {"", "a/b", "a b", "\xc3\xa9", "a:"}) EXPECT_FALSE(IsTopicName(bad)) << bad;
}

TEST(TopicSpecs, PartitionsHaveBounds) {
  TopicSpec spec;
  spec.name = "events";
  for (const int good : {1, 10}) {
    spec.partitions = good;
    EXPECT_TRUE(CheckPartitions(spec, 10).ok());
  }
  for (const int bad : {-1, 0, 11}) {
    spec.partitions = bad;
    EXPECT_EQ(CheckPartitions(spec, 10).error().message,
              "topic events: " + std::to_string(bad) + " partitions; give 1 to 10");
  }
}

TEST(TopicSpecs, AreWrittenAsKafkaWritesThem) {
  EXPECT_EQ(CleanupName(Cleanup::kDelete), "delete");
  EXPECT_EQ(CleanupName(Cleanup::kCompact), "compact");
  EXPECT_EQ(CleanupName(Cleanup::kCompactAndDelete), "compact,delete");
  EXPECT_EQ(PartitionName({"events", {2}}), "events[2]");
}

}  // namespace
}  // namespace freshet
