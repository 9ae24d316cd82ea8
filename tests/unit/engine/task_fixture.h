#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "connectors/embedded/embedded_log.h"
#include "engine/task.h"
#include "service_fixture.h"
#include "view/item_view_builder.h"

namespace freshet::test {

/// A view of nothing.
class NoItems final : public ViewSource {
 public:
  explicit NoItems(const RecommenderOptions& options)
      : latest_(ItemViewBuilder(ViewOptionsOf(options), options.item_partitions).Publish()) {}
  std::shared_ptr<const ItemSnapshot> Latest() const override { return latest_; }

 private:
  std::shared_ptr<const ItemSnapshot> latest_;
};

/// User tasks, stepped by hand, of the user "u" on an embedded log.
class TaskOnLog : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = EmbeddedLog::Open(folder_.path() + "/log", {});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
  }
  void CreateTopics(std::optional<std::int64_t> dead_letter_bytes_max = {}) {
    for (TopicSpec spec : PlainTopics(topology_)) {
      if (spec.name == topology_.TopicOf("dead-letters")) spec.message_bytes_max = dead_letter_bytes_max;
      ASSERT_TRUE(log_->Create(spec).ok());
    }
  }
  /// With a state directory of its own for each `place`.
  TaskOptions OptionsAt(const std::string& place) const {
    TaskOptions options;
    options.partition = PartitionForKey("u", recommender_.user_partitions);
    options.state_directory = folder_.path() + "/" + place;
    return options;
  }
  static StepResult Step(Task& task) {
    const auto stepped = task.Step(std::chrono::milliseconds(0));
    EXPECT_TRUE(stepped.ok()) << stepped.error().message;
    return stepped.ok() ? *stepped : StepResult::kIdle;
  }

  const RecommenderOptions recommender_ = SmallRecommender();
  const Topology topology_ = RecommenderTopology(recommender_);
  TemporaryFolder folder_;
  std::unique_ptr<Log> log_;
};

}  // namespace freshet::test
