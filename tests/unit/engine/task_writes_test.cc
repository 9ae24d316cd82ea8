// What a task gives its writer, in which order, and what happens when a record is refused.
#include "state/keys.h"
#include "task_fixture.h"

namespace freshet::test {
namespace {

/// Notes what is appended between two commits: "progress", or the topic.
using Commits = std::vector<std::vector<std::string>>;

class NotingWriter final : public Writer {
 public:
  NotingWriter(std::unique_ptr<Writer> writer, Commits& commits)
      : writer_(std::move(writer)), commits_(commits) {}
  Result<void> Initialise() override { return writer_->Initialise(); }
  Result<void> Begin() override {
    commits_.emplace_back();
    return writer_->Begin();
  }
  Result<void> Check(const OutputRecord& record) override { return writer_->Check(record); }
  Result<void> Append(OutputRecord record) override {
    commits_.back().push_back(record.key == kProgressKey ? "progress" : record.to.topic);
    return writer_->Append(std::move(record));
  }
  Result<CommitReceipt> Commit() override { return writer_->Commit(); }
  Result<void> Abort() override { return writer_->Abort(); }

 private:
  std::unique_ptr<Writer> writer_;
  Commits& commits_;
};

class NotingLog final : public Log {
 public:
  NotingLog(Log& log, Commits& commits) : log_(log), commits_(commits) {}
  Result<std::string> ClusterId() override { return log_.ClusterId(); }
  Result<TopicDescription> Describe(const std::string& topic) override { return log_.Describe(topic); }
  Result<std::vector<TopicDescription>> List() override { return log_.List(); }
  Result<void> Create(const TopicSpec& spec) override { return log_.Create(spec); }
  Result<void> Delete(const std::string& topic) override { return log_.Delete(topic); }
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override {
    return log_.QueryWatermarks(of, isolation);
  }
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override {
    return log_.OffsetForTime(of, time);
  }
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override {
    return log_.OpenReader(options);
  }
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override {
    auto writer = log_.OpenWriter(options);
    if (!writer.ok()) return writer.error();
    return std::unique_ptr<Writer>(std::make_unique<NotingWriter>(std::move(*writer), commits_));
  }
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override {
    return log_.Join(options);
  }
  std::int64_t MessageBytesMax() const override { return log_.MessageBytesMax(); }

 private:
  Log& log_;
  Commits& commits_;
};

class TaskWrites : public TaskOnLog {
 protected:
  void SetUp() override {
    TaskOnLog::SetUp();
    noting_ = std::make_unique<NotingLog>(*log_, commits_);
  }
  std::unique_ptr<Task> MakeTask(ProcessingGuarantee guarantee) {
    TaskOptions options = OptionsAt("state");
    options.guarantee = guarantee;
    auto task = std::make_unique<Task>(*noting_, topology_, topology_.operators.front(), options);
    Task::Surroundings around;
    around.views = &items_;
    task->Attach(std::move(around));
    return task;
  }
  static Result<StepResult> Step(Task& task) { return task.Step(std::chrono::milliseconds(0)); }

  const NoItems items_{recommender_};
  Commits commits_;
  std::unique_ptr<NotingLog> noting_;
};

TEST_F(TaskWrites, EachPartitionOfASmallBatchComesBeforeTheRest) {
  CreateTopics();
  const auto task = MakeTask(ProcessingGuarantee::kExactlyOnce);
  ASSERT_TRUE(Step(*task).ok());
  Upstream(*log_, topology_).Send({Click("u", "a"), Click("u", "b"), Click("u", "c")});
  ASSERT_TRUE(Step(*task).ok());
  ASSERT_EQ(commits_.size(), 1U);
  const std::vector<std::string>& written = commits_.front();
  EXPECT_EQ(written.back(), "progress");
  const auto changelog = std::find(written.begin(), written.end(), topology_.ChangelogOf("user"));
  const auto deltas = std::find(written.begin(), written.end(), topology_.TopicOf("item-deltas"));
  EXPECT_LT(deltas, changelog);
}

TEST_F(TaskWrites, WithoutTransactionsTheProgressRecordIsWrittenWhenAllElseIsDurable) {
  CreateTopics();
  const auto task = MakeTask(ProcessingGuarantee::kAtLeastOnce);
  ASSERT_TRUE(Step(*task).ok());
  Upstream(*log_, topology_).Send({Click("u", "a")});
  ASSERT_TRUE(Step(*task).ok());
  ASSERT_EQ(commits_.size(), 2U);
  EXPECT_GE(commits_[0].size(), 2U);
  EXPECT_EQ(std::count(commits_[0].begin(), commits_[0].end(), "progress"), 0);
  EXPECT_EQ(commits_[1], std::vector<std::string>{"progress"});
}

TEST_F(TaskWrites, ARecordThatIsTooLongEndsTheServiceWithTheReasonAfterSomeTries) {
  CreateTopics(64);
  const auto task = MakeTask(ProcessingGuarantee::kExactlyOnce);
  Upstream(*log_, topology_).Send({{"interactions", "u", "no JSON"}});
  std::vector<Error> errors;
  for (int step = 0; step < 20 && (errors.empty() || errors.back().code != ErrorCode::kUnsupported); ++step) {
    const auto stepped = Step(*task);
    if (!stepped.ok()) errors.push_back(stepped.error());
  }
  ASSERT_EQ(errors.size(), 5U);
  EXPECT_EQ(errors.front().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(errors.back().code, ErrorCode::kUnsupported);
  EXPECT_NE(errors.back().message.find("bytes"), std::string::npos) << errors.back().message;
  EXPECT_NE(errors.back().message.find("nothing is lost"), std::string::npos) << errors.back().message;
  EXPECT_TRUE(ReadAll(*log_, topology_.TopicOf("dead-letters")).empty());
  EXPECT_TRUE(ReadAll(*log_, topology_.ChangelogOf("user")).empty());
}

}  // namespace
}  // namespace freshet::test
