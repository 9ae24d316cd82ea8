#include "config/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "config/load.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

TEST(Topics, FileInTheRepositoryIsTheBuiltInOne) {
  const auto file = ReadWholeFile(std::string(FRESHET_SOURCE_DIR) + "/config/topics.toml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(*file, BuiltInTopicsToml());
}

TEST(Topics, NamesCarryPrefixAndInsideTopicsTheApplication) {
  Config config;
  config.topics.prefix = "rec.";
  config.app.id = "shop";
  EXPECT_EQ(TopicName(config, "interactions"), "rec.interactions");
  EXPECT_EQ(TopicName(config, "user-changelog"), "rec.shop-user-changelog");
  EXPECT_EQ(RoleOf(config, "rec.interactions"), "interactions");
  EXPECT_EQ(RoleOf(config, "dead-letters"), "dead-letters");
  EXPECT_EQ(RoleOf(config, "nothing"), "");
  EXPECT_TRUE(IsInputRole("catalogue"));
  EXPECT_FALSE(IsInputRole("recommendations"));
}

TEST(Topics, TopicsOfOneTaskHaveEqualPartitionCounts) {
  Config config;
  config.topics.user_partitions = 6;
  config.topics.item_partitions = 3;
  const auto specs = WantedTopics(config);
  ASSERT_TRUE(specs.ok()) << specs.error().message;
  const auto partitions = [&](const std::string& role) {
    const auto spec = std::find_if(specs->begin(), specs->end(),
                                   [&](const TopicSpec& s) { return s.name == TopicName(config, role); });
    return spec->partitions;
  };
  for (const char* role : {"interactions", "ratings", "feedback", "profiles", "recommendations",
                           "evaluations", "user-links", "user-changelog"}) {
    EXPECT_EQ(partitions(role), 6) << role;
  }
  for (const char* role : {"catalogue", "item-deltas", "item-model", "item-changelog"}) {
    EXPECT_EQ(partitions(role), 3) << role;
  }
}

TEST(Topics, TheNetworksTopicsAreWantedWhereItIsOn) {
  Config config;
  const auto wants = [&](const std::string& role) {
    const auto specs = WantedTopics(config);
    const std::string name = TopicName(config, role);
    return std::any_of(specs->begin(), specs->end(), [&](const TopicSpec& s) { return s.name == name; });
  };
  EXPECT_FALSE(wants("net-lessons"));
  EXPECT_FALSE(wants("net-changelog"));
  config.models.next_item_net = true;
  EXPECT_TRUE(wants("net-lessons"));
  EXPECT_TRUE(wants("net-changelog"));
}

TEST(Topics, ReadsCleanupRetentionAndReplication) {
  Config config;
  config.topics.replication_factor = 3;
  const auto specs = WantedTopics(config);
  ASSERT_TRUE(specs.ok());
  EXPECT_EQ(specs->at(0).retention, std::chrono::hours(24 * 90));
  EXPECT_EQ(specs->at(3).cleanup, Cleanup::kCompact);
  EXPECT_FALSE(specs->at(3).retention.has_value());
  EXPECT_EQ(specs->at(4).cleanup, Cleanup::kCompact);
  EXPECT_EQ(specs->at(5).cleanup, Cleanup::kCompactAndDelete);
  EXPECT_EQ(specs->at(0).settings.at("replication.factor"), "3");
}

TEST(Topics, ReportsAllMistakesOfAFile) {
  Config config;
  config.topics.file = ::testing::TempDir() + "/freshet_topics.toml";
  std::string text(BuiltInTopicsToml());
  text.replace(text.find("[ratings]"), 9, "[ratngs] ");
  text.replace(text.find("\"90d\""), 5, "90   ");
  text.replace(text.find("cleanup = \"compact\""), 19, "clean_up = 1       ");
  std::ofstream(config.topics.file) << text;
  const auto specs = WantedTopics(config);
  ASSERT_FALSE(specs.ok());
  EXPECT_THAT(specs.error().message, HasSubstr("unknown topic \"ratngs\"; did you mean \"ratings\"?"));
  EXPECT_THAT(specs.error().message, HasSubstr("retention: "));
  EXPECT_THAT(specs.error().message, HasSubstr("unknown key \"clean_up\"; did you mean \"cleanup\"?"));
  EXPECT_THAT(specs.error().message, HasSubstr("section [ratings] is missing"));
}

}  // namespace
}  // namespace freshet
