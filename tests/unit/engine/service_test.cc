#include <gtest/gtest.h>

#include "codec/recommendation_list.h"
#include "connectors/embedded/embedded_log.h"
#include "service_fixture.h"

namespace freshet::test {
namespace {

/// The whole recommender over an embedded log in a folder of its own.
class EmbeddedService : public testing::Test {
 protected:
  EmbeddedService() : topology_(RecommenderTopology(options_)) {
    auto opened = EmbeddedLog::Open(folder_.path() + "/log", {});
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
    EXPECT_TRUE(EnsureTopics(*log_, PlainTopics(topology_)).ok());
  }
  void Start() {
    SupervisorOptions supervisor;
    supervisor.data_directory = folder_.path();
    supervisor.group.group = "test";
    supervisor.view.view = ViewOptionsOf(options_);
    supervisor.memory = memory_;
    metrics_ = std::make_unique<MetricsRegistry>();
    supervisor_ = std::make_unique<Supervisor>(*log_, topology_, supervisor, *metrics_,
                                               [this](const CommittedBatch& batch) { OnCommit(batch); });
    ASSERT_TRUE(supervisor_->Start().ok());
    ASSERT_TRUE(WaitFor([&] { return supervisor_->NotReady().empty(); })) << supervisor_->NotReady().front();
  }
  void Stop() { supervisor_.reset(); }
  /// On a task's thread: holds user tasks for as long as the test wants.
  void OnCommit(const CommittedBatch& batch) {
    if (batch.spec->name != "user") return;
    if (hold_) ++held_;
    while (hold_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::uint64_t Consumed(const std::string& role) {
    return metrics_->GetCounter("freshet_records_consumed_total", "", {{"operator", role}}).Value();
  }
  void SendAndWait(const std::vector<Sent>& events) {
    const std::uint64_t before = Consumed("user");
    Upstream(*log_, topology_).Send(events);
    ASSERT_TRUE(WaitFor([&] { return Consumed("user") >= before + events.size(); }));
  }
  VerifyReport Verified() {
    VerifyOptions verify;
    verify.data_directory = folder_.path();
    verify.view = ViewOptionsOf(options_);
    auto report = Verify(*log_, topology_, verify);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : VerifyReport();
  }
  std::vector<RecommendationList> ListsOf(const std::string& user) {
    std::vector<RecommendationList> lists;
    for (const Record& record : ReadAll(*log_, topology_.TopicOf("recommendations"))) {
      if (record.key != user || !record.value) continue;
      auto list = DecodeRecommendationList(*record.value);
      if (!list.ok()) ADD_FAILURE() << list.error().message << "\n" << *record.value;
      if (!list.ok()) continue;
      lists.push_back(std::move(*list));
    }
    return lists;
  }

  std::atomic<bool> hold_{false};
  std::atomic<int> held_{0};
  TemporaryFolder folder_;
  RecommenderOptions options_ = SmallRecommender();
  MemoryBounds memory_;
  Topology topology_;
  std::unique_ptr<EmbeddedLog> log_;
  std::unique_ptr<MetricsRegistry> metrics_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(EmbeddedService, PublishesAnExplainedListAfterAnEvent) {
  Start();
  // Ten users go from a to b; the eleventh is at a.
  for (int i = 0; i < 10; ++i)
    SendAndWait({Click(fmt::format("u{}", i), "a"), Click(fmt::format("u{}", i), "b")});
  ASSERT_TRUE(WaitFor([&] {
    const auto view = supervisor_->views().Latest();
    const ItemModel* a = view->Find(KeyOfItem("a"));
    return a != nullptr && a->events >= 10 && !a->row.empty();
  }));
  SendAndWait({Click("eve", "a", "evt-1")});
  const auto lists = ListsOf("eve");
  ASSERT_FALSE(lists.empty());
  const RecommendationList& list = lists.front();
  ASSERT_FALSE(list.items.empty());
  EXPECT_EQ(list.items[0].item_id, "b");
  ASSERT_TRUE(list.trigger.has_value());
  EXPECT_EQ(list.trigger->event_id, "evt-1");
  double sum = 0;
  for (const ScorePart& part : list.items[0].score_parts) sum += part.value;
  EXPECT_NEAR(sum, list.items[0].score, 1e-6);
  ASSERT_FALSE(list.items[0].reasons.empty());
  EXPECT_EQ(list.items[0].reasons[0].evidence.event_ids, std::vector<std::string>{"evt-1"});
  Stop();
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
  EXPECT_EQ(report.accepted + report.duplicates + report.rejected, report.records);
}

TEST_F(EmbeddedService, ScoresListsAcrossRestartsAndReplaysTheScores) {
  constexpr int kUsers = 6;
  std::size_t before = 0;
  for (int start = 0; start < 2; ++start) {
    Start();
    for (int round = 0; round < 4; ++round) {
      std::vector<Sent> events;
      for (int user = 0; user < kUsers; ++user) {
        events.push_back(Click(fmt::format("u{}", user), fmt::format("i{}", user + 4 * start + round)));
      }
      SendAndWait(events);
    }
    Stop();
    const auto records = ReadAll(*log_, topology_.TopicOf("evaluations"));
    EXPECT_GT(records.size(), before);
    before = records.size();
    for (const Record& record : records) {
      EXPECT_TRUE(record.key == "hybrid:ranking" || record.key == "popularity:ranking");
    }
  }
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
}

TEST_F(EmbeddedService, CountsEachEventOnceAndBadOnesAsDeadLetters) {
  Start();
  std::vector<Sent> events;
  for (int i = 0; i < 200; ++i) {
    events.push_back(
        Click(fmt::format("u{}", i % 17), fmt::format("i{}", i % 31), fmt::format("e{}", i % 150)));
  }
  events.push_back({"interactions", "u1", "{\"user_id\":"});
  events.push_back({"ratings", "u1", R"({"user_id":"u1","item_id":"i1","rating":"4,5"})"});
  SendAndWait(events);
  Stop();
  EXPECT_EQ(ReadAll(*log_, topology_.TopicOf("dead-letters")).size(), 2U);
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
}

TEST_F(EmbeddedService, AnIdentifiedVisitorBecomesTheUserOnAnotherTaskOnce) {
  Start();
  for (int i = 0; i < 10; ++i)
    SendAndWait({Click(fmt::format("u{}", i), "a"), Click(fmt::format("u{}", i), "b")});
  std::string visitor = "visitor";
  while (PartitionForKey(visitor, options_.user_partitions) ==
         PartitionForKey("ada", options_.user_partitions))
    visitor += "-";
  SendAndWait({Click(visitor, "a", "v-1")});
  const std::string identify =
      fmt::format(R"({{"event_id":"who","type":"identify","user_id":"ada","anonymous_id":"{}"}})", visitor);
  SendAndWait({{"interactions", "ada", identify}});
  ASSERT_TRUE(WaitFor([&] { return !ListsOf("ada").empty(); }));
  const RecommendationList list = ListsOf("ada").back();
  ASSERT_TRUE(list.trigger.has_value());
  EXPECT_EQ(list.trigger->event_id, "who");
  for (const RecommendedItem& item : list.items) EXPECT_NE(item.item_id, "a") << "seen by the visitor";
  // What still comes for the visitor, and the same event under the other id, after a restart.
  Stop();
  Start();
  SendAndWait({Click(visitor, "b", "v-2"), Click("ada", "a", "v-1")});
  ASSERT_TRUE(WaitFor([&] {
    const auto items = ListsOf("ada").back().items;
    return std::none_of(items.begin(), items.end(),
                        [](const RecommendedItem& item) { return item.item_id == "b"; });
  }));
  Stop();
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_EQ(report.accepted + report.duplicates + report.rejected, report.records);
}

TEST_F(EmbeddedService, TablesMakeRoomForAViewThatIsLargerThanItsShare) {
  memory_.view = 1;
  memory_.tables = 1 << 20;
  Start();
  for (int i = 0; i < 20; ++i) SendAndWait({Click(fmt::format("u{}", i), fmt::format("i{}", i))});
  ASSERT_TRUE(WaitFor([&] { return supervisor_->Memory().view > 0; }));
  const EngineMemory memory = supervisor_->Memory();
  EXPECT_GT(memory.tables, 0U);
  EXPECT_LE(memory.tables, 4U << 20);  // of four tasks, at their least
  Stop();
  EXPECT_TRUE(Verified().ok());
}

TEST_F(EmbeddedService, TheGroupIsHeardWhileATaskTakesLongToStop) {
  Start();
  hold_ = true;
  std::vector<Sent> events;
  for (int i = 0; i < 20; ++i) events.push_back(Click(fmt::format("u{}", i), "a"));
  Upstream(*log_, topology_).Send(events);
  ASSERT_TRUE(WaitFor([&] { return held_ == options_.user_partitions; }));
  GroupOptions group;
  group.group = "test";
  for (const OperatorSpec& spec : topology_.operators) {
    group.lead_topics.push_back(topology_.TopicOf(spec.inputs.front()));
  }
  auto other = log_->Join(group);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(WaitFor([&] {
    const auto owned = (*other)->Poll(std::chrono::milliseconds(10));
    return owned.ok() && *owned && !(*owned)->empty();
  }));
  // Wait until this process knows what it lost; all of it comes back, and the task is still held.
  ASSERT_TRUE(WaitFor([&] {
    int there = 0;
    for (std::int32_t p = 0; p < options_.user_partitions; ++p)
      there += supervisor_->StateOf("user", {p}) != nullptr;
    return there < options_.user_partitions;
  }));
  ASSERT_TRUE((*other)->Leave().ok());
  EXPECT_TRUE(WaitFor([&] {
    const auto missing = supervisor_->NotReady();
    return std::any_of(missing.begin(), missing.end(),
                       [](const std::string& text) { return text.find("being started") != text.npos; });
  }));
  hold_ = false;
  EXPECT_TRUE(WaitFor([&] { return supervisor_->NotReady().empty(); }));
  SendAndWait({Click("u1", "b")});
  Stop();
  EXPECT_TRUE(Verified().ok());
}

TEST_F(EmbeddedService, AStopKeepsTheViewForTheNextStart) {
  Start();
  SendAndWait({Click("u", "a"), Click("u", "b"), Click("v", "a")});
  ASSERT_TRUE(WaitFor([&] { return supervisor_->views().Latest()->ItemCount() == 2; }));
  Stop();
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/state/item-view"));
  Start();
  EXPECT_EQ(supervisor_->views().Latest()->ItemCount(), 2U);
  SendAndWait({Click("u", "c")});
  Stop();
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
}

TEST_F(EmbeddedService, GoesOnWhereItStoppedAfterARestart) {
  Start();
  SendAndWait({Click("u", "a"), Click("u", "b"), Click("v", "a")});
  Stop();
  Start();
  EXPECT_EQ(metrics_->GetCounter("freshet_restored_records_total", "", {{"operator", "user"}}).Value(), 0U);
  SendAndWait({Click("u", "c"), Click("w", "a")});
  Stop();
  std::filesystem::remove_all(folder_.path() + "/state");
  Start();
  SendAndWait({Click("u", "d")});
  Stop();
  const VerifyReport report = Verified();
  EXPECT_TRUE(report.ok()) << report.differences.front();
  EXPECT_GT(report.state_keys, 0U);
}

}  // namespace
}  // namespace freshet::test
