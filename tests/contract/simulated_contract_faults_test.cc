// Each fault of the simulated log, on demand.
#include <gtest/gtest.h>

#include <set>

#include "connectors/simulated/simulated_cluster.h"
#include "connectors/simulated/simulated_log.h"

namespace freshet::simulated {
namespace {

using std::chrono::milliseconds;

TopicPartition At(const std::string& topic, std::int32_t partition = 0) { return {topic, {partition}}; }

class SimulatedFaults : public ::testing::Test {
 protected:
  void SetUp() override { Start({}); }

  void Start(FaultPlan plan, std::uint64_t seed = 1) {
    ClusterOptions options;
    options.seed = seed;
    options.plan = std::move(plan);
    cluster_ = std::make_shared<SimulatedCluster>(options);
    log_ = std::make_unique<SimulatedLog>(cluster_, "first");
    Must(log_->Create({"a", 2, Cleanup::kDelete, {}, {}, {}}));
    Must(log_->Create({"changelog", 1, Cleanup::kCompact, {}, {}, {{"delete.retention.ms", "0"}}}));
  }
  template <typename Value>
  static void Must(const Result<Value>& result) {
    ASSERT_TRUE(result.ok()) << result.error().message;
  }
  std::unique_ptr<Writer> NewWriter(const std::string& id = "task") {
    auto writer = log_->OpenWriter({id, milliseconds(15'000), {}});
    Must(writer);
    Must((*writer)->Initialise());
    return std::move(*writer);
  }
  static Result<void> Put(Writer& writer, const TopicPartition& to, const std::string& key,
                          const std::string& value = "v") {
    return writer.Append({to, key, value, {}, std::nullopt});
  }
  static void BeginAndPut(Writer& writer, const TopicPartition& to, const std::vector<std::string>& keys) {
    Must(writer.Begin());
    for (const std::string& key : keys) Must(Put(writer, to, key));
  }
  std::vector<std::string> Keys(const TopicPartition& of, Isolation isolation = Isolation::kReadCommitted) {
    std::vector<std::string> keys;
    for (const Record& record : cluster_->Dump(of, isolation)) keys.push_back(*record.key);
    return keys;
  }
  static ErrorCode CodeOf(const auto& result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kCancelled : result.error().code;
  }
  using Strings = std::vector<std::string>;

  std::shared_ptr<SimulatedCluster> cluster_;
  std::unique_ptr<SimulatedLog> log_;
};

TEST_F(SimulatedFaults, ALostAnswerHidesACommitThatHappened) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Inject(Operation::kCommit, Injection::kTimeoutDone);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kTimeout);
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
  const auto again = writer->Commit();
  Must(again);
  EXPECT_EQ(again->last_offsets.at(At("a")), Offset{0});
  EXPECT_EQ(Keys(At("a")), Strings{"k"}) << "repeating the commit must not repeat the records";
}

TEST_F(SimulatedFaults, ALostRequestLeavesTheTransactionOpenUntilItIsRepeated) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Inject(Operation::kCommit, Injection::kTimeoutNotDone);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kTimeout);
  EXPECT_TRUE(Keys(At("a")).empty());
  Must(writer->Commit());
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
}

TEST_F(SimulatedFaults, AnUnavailableBrokerDoesNothing) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Inject(Operation::kCommit, Injection::kUnavailable, 2);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kUnavailable);
  Must(writer->Commit());
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
}

TEST_F(SimulatedFaults, AnAbortedTransactionAcceptsOnlyAbortAndThenTheSameBatch) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Inject(Operation::kCommit, Injection::kAborted);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kAborted);
  EXPECT_EQ(CodeOf(Put(*writer, At("a"), "more")), ErrorCode::kAborted);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kAborted);
  Must(writer->Abort());
  BeginAndPut(*writer, At("a"), {"k"});
  Must(writer->Commit());
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
  EXPECT_EQ(Keys(At("a"), Isolation::kReadUncommitted), (Strings{"k", "k"}));
}

TEST_F(SimulatedFaults, AFencedWriterIsDeadForEver) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Fence("task");
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kFenced);
  EXPECT_EQ(CodeOf(writer->Abort()), ErrorCode::kFenced);
  EXPECT_EQ(CodeOf(writer->Begin()), ErrorCode::kFenced);
  EXPECT_EQ(CodeOf(writer->Initialise()), ErrorCode::kFenced);
  EXPECT_TRUE(Keys(At("a")).empty());
}

TEST_F(SimulatedFaults, AStallPastTheTimeoutAbortsAndFences) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->Inject(Operation::kCommit, Injection::kStall);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kFenced);
  EXPECT_TRUE(Keys(At("a")).empty());
}

TEST_F(SimulatedFaults, MarkersTakeAnOffset) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  Must(writer->Commit());
  BeginAndPut(*writer, At("a"), {"l"});
  EXPECT_EQ(log_->QueryWatermarks(At("a"), Isolation::kReadCommitted)->high, Offset{2});
  EXPECT_EQ(log_->QueryWatermarks(At("a"), Isolation::kReadUncommitted)->high, Offset{3});
  Must(writer->Abort());
  EXPECT_EQ(log_->QueryWatermarks(At("a"), Isolation::kReadCommitted)->high, Offset{4});
}

TEST_F(SimulatedFaults, AStrangersOpenTransactionHoldsBackReadersUntilItTimesOut) {
  cluster_->HangTransaction(At("a"), milliseconds(5'000));
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  Must(writer->Commit());
  EXPECT_TRUE(Keys(At("a")).empty());
  auto reader = log_->OpenReader({});
  Must((*reader)->Assign({{At("a"), {0}}}));
  std::vector<Record> read;
  while (read.empty()) read = (*reader)->Poll(milliseconds(100), {})->records;
  EXPECT_EQ(*read[0].key, "k");
  EXPECT_EQ(read[0].offset, Offset{1});
}

TEST_F(SimulatedFaults, DelayedMarkersDelayVisibilityButNotTheSuccessor) {
  FaultPlan plan;
  plan.delayed_markers = 1;
  Start(plan);
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  Must(writer->Commit());
  EXPECT_TRUE(Keys(At("a")).empty());
  const auto successor = NewWriter();
  EXPECT_EQ(Keys(At("a")), Strings{"k"}) << "Initialise waits until the previous transaction is complete";
}

TEST_F(SimulatedFaults, RequestsOfALostWriterArriveLateAndAreFenced) {
  for (const bool fence_enabled : {true, false}) {
    FaultPlan plan;
    plan.late_requests = 1;
    plan.delayed_produce = 1;
    plan.fence_enabled = fence_enabled;
    Start(plan);
    {
      const auto writer = NewWriter();
      BeginAndPut(*writer, At("a"), {"late"});
      cluster_->Inject(Operation::kCommit, Injection::kTimeoutNotDone);
      EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kTimeout);
    }
    const auto successor = NewWriter();
    BeginAndPut(*successor, At("a"), {"new"});
    plan.delayed_produce = 0;
    cluster_->SetPlan(plan);
    Must(Put(*successor, At("a"), "new2"));
    cluster_->Settle();
    EXPECT_EQ(cluster_->Counts().late_requests, 1U);
    if (fence_enabled) {
      EXPECT_EQ(cluster_->Counts().late_requests_refused, 1U);
      EXPECT_TRUE(Keys(At("a")).empty());
    } else {
      EXPECT_FALSE(Keys(At("a")).empty()) << "without the fence the zombie commits its successor's records";
    }
  }
}

TEST_F(SimulatedFaults, ALateCommitThatComesBeforeTheSuccessorCounts) {
  FaultPlan plan;
  plan.late_requests = 1;
  Start(plan);
  {
    const auto writer = NewWriter();
    BeginAndPut(*writer, At("a"), {"k"});
    cluster_->Inject(Operation::kCommit, Injection::kTimeoutNotDone);
    EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kTimeout);
  }
  EXPECT_TRUE(Keys(At("a")).empty());
  cluster_->Settle();
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
}

TEST_F(SimulatedFaults, ARepeatedEndTxnTearsTheNextTransaction) {
  FaultPlan plan;
  plan.late_end = 1;
  Start(plan);
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("changelog"), {"k"});
  Must(writer->Commit());
  BeginAndPut(*writer, At("changelog"), {"half"});
  cluster_->Settle();
  EXPECT_EQ(Keys(At("changelog")), (Strings{"k", "half"}));
}

TEST_F(SimulatedFaults, ATornTransactionShowsAProperPrefixInTheTopicsNamed) {
  FaultPlan plan;
  plan.torn = 1;
  plan.tearable_topics = {"changelog"};
  Start(plan);
  const auto writer = NewWriter();
  Must(writer->Begin());
  for (const char* key : {"1", "2", "3"}) {
    Must(Put(*writer, At("changelog"), key));
    Must(Put(*writer, At("a"), key));
  }
  Must(writer->Abort());
  const Strings torn = Keys(At("changelog"));
  EXPECT_GE(torn.size(), 1U);
  EXPECT_LE(torn.size(), 2U);
  EXPECT_EQ(torn[0], "1");
  EXPECT_TRUE(Keys(At("a")).empty());
  EXPECT_EQ(cluster_->Counts().torn_transactions, 1U);
}

TEST_F(SimulatedFaults, CompactionKeepsOffsetsAndRespectsItsLimit) {
  const auto writer = NewWriter();
  for (const char* value : {"1", "2", "3"}) {
    Must(writer->Begin());
    Must(Put(*writer, At("changelog"), "k", value));
    Must(writer->Commit());
  }
  cluster_->Compact(At("changelog"), Offset{3});
  const auto records = cluster_->Dump(At("changelog"), Isolation::kReadCommitted);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].offset, Offset{2});
  EXPECT_EQ(records[1].offset, Offset{4});
  EXPECT_EQ(log_->QueryWatermarks(At("changelog"), Isolation::kReadCommitted)->low, Offset{0});
}

TEST_F(SimulatedFaults, TruncationAndDeletionMovePositionsOutOfRange) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"1", "2", "3"});
  Must(writer->Commit());
  auto reader = log_->OpenReader({});
  Must((*reader)->Assign({{At("a"), {4}}}));
  Must((*reader)->Poll(milliseconds(0), {}));
  cluster_->Truncate(At("a"), Offset{2});
  EXPECT_EQ(CodeOf((*reader)->Poll(milliseconds(0), {})), ErrorCode::kOutOfRange);
  Must((*reader)->Assign({{At("a"), {0}}}));
  cluster_->DeleteBefore(At("a"), Offset{1});
  EXPECT_EQ(CodeOf((*reader)->Poll(milliseconds(0), {})), ErrorCode::kOutOfRange);
  EXPECT_EQ(Keys(At("a")), Strings{"2"});
}

TEST_F(SimulatedFaults, ARecreatedTopicHasAnotherId) {
  const std::string before = log_->Describe("a")->id;
  Must(log_->Delete("a"));
  Must(log_->Create({"a", 2, Cleanup::kDelete, {}, {}, {}}));
  EXPECT_NE(log_->Describe("a")->id, before);
}

TEST_F(SimulatedFaults, ACrashedProcessHasNoEffectAnyMore) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->SetHook([](const Step& step) {
    return step.operation == Operation::kCommit && !step.after ? StepAction::kCrash : StepAction::kContinue;
  });
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kCancelled);
  EXPECT_FALSE(log_->Alive());
  cluster_->SetHook(nullptr);
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kCancelled);
  EXPECT_EQ(CodeOf(log_->ClusterId()), ErrorCode::kCancelled);
  log_ = std::make_unique<SimulatedLog>(cluster_, "second");
  NewWriter();
  EXPECT_TRUE(Keys(At("a")).empty());
}

TEST_F(SimulatedFaults, ACrashAfterACommitLeavesItDone) {
  const auto writer = NewWriter();
  BeginAndPut(*writer, At("a"), {"k"});
  cluster_->SetHook([](const Step& step) {
    return step.operation == Operation::kCommit && step.after ? StepAction::kCrash : StepAction::kContinue;
  });
  EXPECT_EQ(CodeOf(writer->Commit()), ErrorCode::kCancelled);
  EXPECT_FALSE(log_->Alive());
  cluster_->SetHook(nullptr);
  log_ = std::make_unique<SimulatedLog>(cluster_, "second");
  EXPECT_EQ(Keys(At("a")), Strings{"k"});
}

TEST_F(SimulatedFaults, PollsComeShortEmptyAndMixedButInOrderOfEachPartition) {
  FaultPlan plan;
  plan.short_poll = 1;
  plan.empty_poll = 0.3;
  plan.interleave = 0.5;
  Start(plan);
  const auto writer = NewWriter();
  for (int i = 0; i < 200; ++i) {
    BeginAndPut(*writer, At("a", i % 2), {std::to_string(i)});
    Must(writer->Commit());
  }
  auto reader = log_->OpenReader({});
  Must((*reader)->Assign({{At("a", 0), {0}}, {At("a", 1), {0}}}));
  std::vector<Record> read;
  std::set<std::size_t> sizes;
  bool mixed = false;
  while (read.size() < 200) {
    const auto polled = (*reader)->Poll(milliseconds(10), {});
    sizes.insert(polled->records.size());
    for (const Record& record : polled->records) {
      mixed = mixed || (!read.empty() && read.back().source != record.source);
      read.push_back(record);
    }
  }
  EXPECT_TRUE(mixed);
  EXPECT_TRUE(sizes.contains(0));
  EXPECT_GT(sizes.size(), 3U);
  std::map<std::uint32_t, Offset> last;
  for (const Record& record : read) {
    const auto seen = last.find(record.source);
    EXPECT_TRUE(seen == last.end() || seen->second < record.offset);
    last[record.source] = record.offset;
  }
}

TEST_F(SimulatedFaults, AMemberThatStandsStillLosesItsPartitionsBeforeOthersGetThem) {
  const GroupOptions options{"group", "", {"a"}, milliseconds(10'000)};
  auto first = log_->Join(options);
  EXPECT_EQ((*(*first)->Poll(milliseconds(1)))->size(), 2U);
  auto second = log_->Join(options);
  EXPECT_FALSE((*(*second)->Poll(milliseconds(1))).has_value()) << "the first has not given up its own yet";
  EXPECT_TRUE((*(*first)->Poll(milliseconds(1)))->empty());
  EXPECT_EQ((*(*first)->Poll(milliseconds(1)))->size(), 1U);
  EXPECT_EQ((*(*second)->Poll(milliseconds(1)))->size(), 1U);
  std::optional<std::vector<TopicPartition>> owned;
  for (int i = 0; i < 20 && (!owned || owned->empty()); ++i) owned = *(*second)->Poll(milliseconds(1'000));
  ASSERT_TRUE(owned.has_value());
  EXPECT_EQ(owned->size(), 2U);
  EXPECT_TRUE((*(*first)->Poll(milliseconds(1)))->empty()) << "it learns that it owns nothing any more";
}

TEST_F(SimulatedFaults, AStaticMemberComesBackToItsOwnPartitionsAndFencesTheOldProcess) {
  const GroupOptions one{"group", "one", {"a"}, milliseconds(10'000)};
  const GroupOptions two{"group", "two", {"a"}, milliseconds(10'000)};
  auto first = log_->Join(one);
  auto second = log_->Join(two);
  (void)(*first)->Poll(milliseconds(1));
  (void)(*second)->Poll(milliseconds(1));
  const auto before = *(*first)->Poll(milliseconds(1));
  auto back = log_->Join(one);
  EXPECT_EQ(*(*back)->Poll(milliseconds(1)), before);
  EXPECT_FALSE((*(*second)->Poll(milliseconds(1)))->empty());
  EXPECT_EQ(CodeOf((*first)->Poll(milliseconds(1))), ErrorCode::kFenced);
}

}  // namespace
}  // namespace freshet::simulated
