#include "task_fixture.h"

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

class TaskRest : public TaskOnLog {
 protected:
  /// Acquired, and through its first batch, with another event in its input.
  void Start(std::size_t records_max) {
    CreateTopics();
    TaskOptions options = OptionsAt("state");
    options.limits.records = records_max;
    task_ = std::make_unique<Task>(*log_, topology_, spec_, options);
    Task::Surroundings around;
    around.views = &items_;
    around.clock = &clock_;
    task_->Attach(std::move(around));
    Upstream upstream(*log_, topology_);
    ASSERT_EQ(Step(*task_), StepResult::kWorked);
    upstream.Send({Click("u", "a")});
    ASSERT_EQ(Step(*task_), StepResult::kWorked);
    upstream.Send({Click("u", "b")});
  }

  OperatorSpec spec_ = topology_.operators.front();
  const NoItems items_{recommender_};
  TickingClock clock_;
  std::unique_ptr<Task> task_;
};

TEST_F(TaskRest, ATaskThatRestsTakesTheNextBatchWhenItsRestIsOver) {
  spec_.rest_factor = 20;
  Start(100);
  EXPECT_EQ(Step(*task_), StepResult::kIdle);
  EXPECT_EQ(task_->last_progress().seq, 1U);
  clock_.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(Step(*task_), StepResult::kWorked);
  EXPECT_EQ(task_->last_progress().seq, 2U);
}

TEST_F(TaskRest, NoRestFollowsAFullBatch) {
  spec_.rest_factor = 20;
  Start(1);
  EXPECT_EQ(Step(*task_), StepResult::kWorked);
}

TEST_F(TaskRest, OneThatWritesListsNeverRests) {
  Start(100);
  EXPECT_EQ(Step(*task_), StepResult::kWorked);
}

}  // namespace
}  // namespace freshet::test
