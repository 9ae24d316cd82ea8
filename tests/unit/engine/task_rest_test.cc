#include <gtest/gtest.h>

#include "connectors/embedded/embedded_log.h"
#include "engine/task.h"
#include "service_fixture.h"
#include "view/item_view_builder.h"

namespace freshet::test {
namespace {

/// Each look takes a millisecond, so that a commit takes some.
class TickingClock final : public Clock {
 public:
  Timestamp Now() const override { return clock_.Now(); }
  std::chrono::nanoseconds Steady() const override {
    clock_.Advance(std::chrono::milliseconds(1));
    return clock_.Steady();
  }
  void Advance(std::chrono::milliseconds by) { clock_.Advance(by); }

 private:
  mutable ManualClock clock_;
};

class EmptyView final : public ViewSource {
 public:
  explicit EmptyView(const RecommenderOptions& options)
      : latest_(ItemViewBuilder(ViewOptionsOf(options), options.item_partitions).Publish()) {}
  std::shared_ptr<const ItemSnapshot> Latest() const override { return latest_; }

 private:
  std::shared_ptr<const ItemSnapshot> latest_;
};

class TaskRest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = EmbeddedLog::Open(folder_.path() + "/log", {});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
    for (const TopicSpec& spec : PlainTopics(topology_)) ASSERT_TRUE(log_->Create(spec).ok());
  }
  /// Acquired, and through its first batch.
  void Start(std::size_t records_max) {
    TaskOptions options;
    options.partition = PartitionForKey("u", recommender_.user_partitions);
    options.state_directory = folder_.path() + "/state";
    options.limits.records = records_max;
    task_ = std::make_unique<Task>(*log_, topology_, spec_, options);
    Task::Surroundings around;
    around.views = &view_;
    around.clock = &clock_;
    task_->Attach(std::move(around));
    ASSERT_EQ(Step(), StepResult::kWorked);
    upstream_->Send({Click("u", "a")});
    ASSERT_EQ(Step(), StepResult::kWorked);
    upstream_->Send({Click("u", "b")});
  }
  StepResult Step() {
    const auto stepped = task_->Step(std::chrono::milliseconds(0));
    EXPECT_TRUE(stepped.ok()) << stepped.error().message;
    return stepped.ok() ? *stepped : StepResult::kIdle;
  }

  const RecommenderOptions recommender_ = SmallRecommender();
  const Topology topology_ = RecommenderTopology(recommender_);
  OperatorSpec spec_ = topology_.operators.front();
  const EmptyView view_{recommender_};
  TickingClock clock_;
  TemporaryFolder folder_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Upstream> upstream_;
  std::unique_ptr<Task> task_;
};

TEST_F(TaskRest, ATaskThatRestsTakesTheNextBatchWhenItsRestIsOver) {
  upstream_ = std::make_unique<Upstream>(*log_, topology_);
  spec_.rest_factor = 20;
  Start(100);
  EXPECT_EQ(Step(), StepResult::kIdle);
  EXPECT_EQ(task_->last_progress().seq, 1U);
  clock_.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(Step(), StepResult::kWorked);
  EXPECT_EQ(task_->last_progress().seq, 2U);
}

TEST_F(TaskRest, NoRestFollowsAFullBatch) {
  upstream_ = std::make_unique<Upstream>(*log_, topology_);
  spec_.rest_factor = 20;
  Start(1);
  EXPECT_EQ(Step(), StepResult::kWorked);
}

TEST_F(TaskRest, OneThatWritesListsNeverRests) {
  upstream_ = std::make_unique<Upstream>(*log_, topology_);
  Start(100);
  EXPECT_EQ(Step(), StepResult::kWorked);
}

}  // namespace
}  // namespace freshet::test
