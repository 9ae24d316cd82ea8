#include "task_fixture.h"

namespace freshet::test {
namespace {

/// A view of nothing that has come to this offset of each partition of the item model.
class ViewAt final : public ViewSource {
 public:
  ViewAt(const RecommenderOptions& options, Offset next) : options_(options) { MoveTo(next); }
  void MoveTo(Offset next) {
    ItemViewBuilder builder(ViewOptionsOf(options_), options_.item_partitions);
    for (std::int32_t p = 0; p < options_.item_partitions; ++p) builder.AdvanceTo({p}, next);
    latest_ = builder.Publish();
  }
  std::shared_ptr<const ItemSnapshot> Latest() const override { return latest_; }

 private:
  const RecommenderOptions options_;
  std::shared_ptr<const ItemSnapshot> latest_;
};

class TaskView : public TaskOnLog {
 protected:
  std::unique_ptr<Task> MakeTask(const ViewSource& views, const std::string& place) {
    auto task = std::make_unique<Task>(*log_, topology_, topology_.operators.front(), OptionsAt(place));
    Task::Surroundings around;
    around.views = &views;
    task->Attach(std::move(around));
    return task;
  }
};

TEST_F(TaskView, AProcessWithAnOlderViewWaitsUntilItHasWhatThePredecessorSaw) {
  CreateTopics();
  Upstream upstream(*log_, topology_);
  const ViewAt ahead(recommender_, {5});
  const auto predecessor = MakeTask(ahead, "one");
  ASSERT_EQ(Step(*predecessor), StepResult::kWorked);
  upstream.Send({Click("u", "a")});
  ASSERT_EQ(Step(*predecessor), StepResult::kWorked);
  predecessor->Release();

  ViewAt behind(recommender_, {3});
  const auto successor = MakeTask(behind, "two");
  ASSERT_EQ(Step(*successor), StepResult::kWorked);
  upstream.Send({Click("u", "b")});
  EXPECT_EQ(Step(*successor), StepResult::kIdle);
  EXPECT_EQ(successor->last_progress().seq, 1U);
  behind.MoveTo({5});
  EXPECT_EQ(Step(*successor), StepResult::kWorked);
  EXPECT_EQ(successor->last_progress().seq, 2U);
}

}  // namespace
}  // namespace freshet::test
