// Commands beside a running instance, and on its directory when it has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/program_run.h"
#include "integration/kill/service_process.h"

namespace freshet {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ServiceProcess;

std::string Click(int event, int user, int item) {
  return R"({"event_id":"e)" + std::to_string(event) + R"(","user_id":"u)" + std::to_string(user) +
         R"(","item_id":"i)" + std::to_string(item) + R"(","type":"purchase"})" + "\n";
}

/// Ten users of five items, each has taken two that follow each other.
std::string Clicks() {
  std::string lines;
  for (int user = 0; user < 10; ++user) {
    lines += Click(2 * user, user, user % 5) + Click(2 * user + 1, user, (user + 1) % 5);
  }
  return lines;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

/// One instance for all tests: a start takes most of a second here.
class BesideAnInstance : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    here_ = std::make_unique<Workplace>();
    service_ = std::make_unique<ServiceProcess>(ServiceProcess::Place{
        here_->Path("d"),
        here_->Path(""),
        {"topics.user_partitions=2", "state.memory_bytes=64MiB", "evaluation.window=20"}});
    service_->Start();
    ASSERT_TRUE(service_->WaitReady()) << service_->Log();
    const ProgramResult sent = Run({"send", "interactions", "--json"}, Clicks());
    ASSERT_EQ(sent.exit_code, 0) << sent.err;
    ASSERT_EQ(json::parse(sent.out).at("accepted"), 20);
    ASSERT_TRUE(AwaitRecords(20));
    ASSERT_TRUE(Eventually([] { return Run({"similar", "--item", "i1"}).exit_code == 0; }));
  }
  static void TearDownTestSuite() {
    service_.reset();
    here_.reset();
  }

  static ProgramResult Run(std::vector<std::string> command, const std::string& input = "") {
    command.insert(command.end(), {"--data", "d", "--set", "topics.user_partitions=2", "--set",
                                   "state.memory_bytes=64MiB", "--set", "evaluation.window=20"});
    return here_->Run(command, input);
  }
  /// Waits until user tasks have decided about so many records in all.
  static bool AwaitRecords(double records) {
    records_ += records;
    return Eventually([] { return service_->Metric("freshet_records_total") >= records_; });
  }

  static std::unique_ptr<Workplace> here_;
  static std::unique_ptr<ServiceProcess> service_;
  static double records_;
};

std::unique_ptr<Workplace> BesideAnInstance::here_;
std::unique_ptr<ServiceProcess> BesideAnInstance::service_;
double BesideAnInstance::records_ = 0;

TEST_F(BesideAnInstance, RecommendAnswersWithTheStateItWasMadeFrom) {
  const ProgramResult plain = Run({"recommend", "--user", "u1", "--k", "2"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const json list = json::parse(plain.out);
  EXPECT_EQ(list.at("user_id"), "u1");
  EXPECT_EQ(list.at("items").size(), 2u);
  EXPECT_GT(list.at("as_of").at("state_seq"), 0);
  EXPECT_FALSE(list.at("items").at(0).contains("score_parts"));
  const json explained = json::parse(Run({"recommend", "--user", "u1", "--explain"}).out);
  EXPECT_FALSE(explained.at("items").at(0).at("score_parts").empty());
  const ProgramResult unknown = Run({"recommend", "--user", "nobody/ü %"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("user \"nobody/ü %\" is not known"));
  EXPECT_THAT(unknown.out, IsEmpty());
}

TEST_F(BesideAnInstance, RecommendAnswersByStrategy) {
  const ProgramResult trending = Run({"recommend", "--user", "u1", "--strategy", "trending"});
  ASSERT_EQ(trending.exit_code, 0) << trending.err;
  EXPECT_EQ(json::parse(trending.out).at("surface"), "trending");
  const json also =
      json::parse(Run({"recommend", "--user", "u1", "--strategy", "also_bought", "--explain"}).out);
  for (const json& item : also.at("items")) {
    EXPECT_EQ(item.at("score_parts").size(), 1u);
    EXPECT_TRUE(item.at("score_parts").contains("co_history"));
  }
  const ProgramResult strange = Run({"recommend", "--user", "u1", "--strategy", "strange"});
  EXPECT_EQ(strange.exit_code, 1);
  EXPECT_THAT(strange.err, HasSubstr("strategy is \"strange\"; write one of for_you, similar"));
  const ProgramResult with = Run({"similar", "--item", "i1", "--strategy", "similar"});
  ASSERT_EQ(with.exit_code, 0) << with.err;
  EXPECT_FALSE(json::parse(with.out).at("items").empty());
}

TEST_F(BesideAnInstance, RecommendAnswersWhatWouldBeWithoutSomeEvents) {
  const json all = json::parse(Run({"recommend", "--user", "u1", "--explain"}).out);
  const auto item_of = [](const json& list) {
    for (const json& item : list.at("items")) {
      for (const json& reason : item.at("reasons")) {
        if (reason.at("evidence").contains("item_id")) return reason.at("evidence");
      }
    }
    return json();
  };
  const json evidence = item_of(all);
  ASSERT_TRUE(evidence.contains("item_id")) << all;
  const std::string item = evidence.at("item_id");
  const json without = json::parse(Run({"recommend", "--user", "u1", "--explain", "--without", item}).out);
  EXPECT_EQ(without.at("without"), json::array({item}));
  for (const json& each : without.at("items")) {
    for (const json& reason : each.at("reasons")) EXPECT_NE(reason.at("evidence").value("item_id", ""), item);
  }
  const json told = json::parse(Run({"recommend", "--user", "u1", "--counterfactuals"}).out);
  for (const json& each : told.at("items")) {
    if (!each.contains("counterfactual")) continue;
    const json& what = each.at("counterfactual");
    std::vector<std::string> command = {"recommend", "--user", "u1", "--without"};
    for (const std::string event : what.at("remove")) command.push_back(event);
    const json then = json::parse(Run(command).out).at("items");
    const std::size_t place = each.at("rank").get<std::size_t>() - 1;
    EXPECT_EQ(what.at("becomes").value("item_id", ""),
              place < then.size() ? then.at(place).at("item_id").get<std::string>() : "");
  }
  EXPECT_TRUE(told.at("items").at(0).contains("counterfactual"));
  const std::string coordinates = evidence.at("coordinates").at(0);
  EXPECT_EQ(Run({"recommend", "--user", "u1", "--without", coordinates}).exit_code, 0);
  EXPECT_EQ(json::parse(Run({"recommend", "--user", "u1", "--explain"}).out).at("items"), all.at("items"))
      << "nothing was taken back";
  const ProgramResult unknown = Run({"recommend", "--user", "u1", "--without", "i99"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("without: \"i99\" is no event and no item"));
}

TEST_F(BesideAnInstance, CountsItemsThatTheCatalogueDoesNotKnow) {
  EXPECT_TRUE(Eventually([] { return service_->Metric("freshet_item_view_stubs") == 5; }));
}

TEST_F(BesideAnInstance, SimilarNamesWhatComesWithAnItem) {
  const ProgramResult similar = Run({"similar", "--item", "i1", "--k", "1"});
  ASSERT_EQ(similar.exit_code, 0) << similar.err;
  EXPECT_EQ(json::parse(similar.out).at("items").size(), 1u);
  const ProgramResult unknown = Run({"similar", "--item", "i99"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("item \"i99\" is not known"));
}

TEST_F(BesideAnInstance, SendGoesThroughItAndSaysWhatIsRefused) {
  const ProgramResult sent = Run({"send", "interactions"}, Click(100, 1, 3) + "{broken\n");
  EXPECT_EQ(sent.exit_code, 1);
  EXPECT_EQ(sent.out, "accepted 1 rejected 1\n");
  EXPECT_THAT(sent.err, HasSubstr("line 2: not_json"));
  EXPECT_TRUE(AwaitRecords(1));
  EXPECT_EQ(service_->Post("interactions", R"({"user_id":"u1","item_id":"i1","type":"view",)"
                                           R"("occurred_at":"2199-01-01T00:00:00Z"})"),
            400);
}

TEST_F(BesideAnInstance, UncheckedEventsBecomeDeadLettersThatCommandsShow) {
  const std::string bad = "{broken\n" + std::string(R"({"user_id":"u1","item_id":"","type":"view"})") + "\n";
  const ProgramResult sent = Run({"send", "interactions", "--unchecked"}, bad + Click(101, 2, 4));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_EQ(sent.out, "accepted 3 rejected 0\n");
  ASSERT_TRUE(AwaitRecords(3));
  const ProgramResult list = Run({"dead-letters", "list", "--json"});
  ASSERT_EQ(list.exit_code, 0) << list.err;
  const json groups = json::parse(list.out).at("groups");
  ASSERT_EQ(groups.size(), 2u) << list.out;
  EXPECT_EQ(groups.at(0).at("reason_code"), "not_json");
  EXPECT_EQ(groups.at(0).at("topic"), "interactions");
  EXPECT_EQ(groups.at(0).at("count"), 1);
  EXPECT_EQ(groups.at(1).at("path"), "/item_id");
  EXPECT_THAT(Run({"dead-letters", "list"}).out, HasSubstr("not_json       interactions"));
  const ProgramResult shown = Run({"dead-letters", "show", "--reason", "not_json"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.out, HasSubstr("\n  {broken\n"));
  EXPECT_THAT(shown.out, HasSubstr("interactions/"));
  EXPECT_EQ(Lines(Run({"dead-letters", "show", "--json"}).out).size(), 2u);
  EXPECT_EQ(Lines(Run({"dead-letters", "show", "--json", "--limit", "1"}).out).size(), 1u);
  EXPECT_EQ(Lines(Run({"dead-letters", "show", "--json", "--topic", "interactions"}).out).size(), 2u);
  EXPECT_THAT(Run({"dead-letters", "show", "--topic", "ratings"}).err, HasSubstr("no such dead letters"));
  const ProgramResult nonsense = Run({"dead-letters", "list", "--topic", "nonsense"});
  EXPECT_EQ(nonsense.exit_code, 1);
  EXPECT_THAT(nonsense.err, HasSubstr("there is no topic nonsense; there are catalogue"));
}

TEST_F(BesideAnInstance, TailReadsWhatItPublishes) {
  const ProgramResult lists = Run({"tail", "recommendations", "--key", "u3", "--limit", "1"});
  EXPECT_EQ(lists.exit_code, 0) << lists.err;
  EXPECT_EQ(json::parse(lists.out).at("user_id"), "u3");
  const ProgramResult record = Run({"tail", "recommendations", "--records", "--limit", "1", "--follow"});
  EXPECT_EQ(json::parse(record.out).at("value").at("items").is_array(), true);
  EXPECT_EQ(Run({"tail", "nonsense"}).exit_code, 1);
}

TEST_F(BesideAnInstance, ScoresItsListsWhileTheyAreUsed) {
  const double scored = service_->Metric("freshet_live_lists_scored_total");
  for (int event = 0; event < 3; ++event) {
    ASSERT_EQ(Run({"send", "interactions"}, Click(300 + event, 30, event)).exit_code, 0);
    ASSERT_TRUE(AwaitRecords(1));
  }
  // The first had no list before it; the others answered what the event before them brought.
  EXPECT_TRUE(
      Eventually([scored] { return service_->Metric("freshet_live_lists_scored_total") == scored + 2; }));
  EXPECT_GT(service_->Metric("freshet_live_recall"), 0);
  EXPECT_GT(service_->Metric("freshet_live_mcnemar_p"), 0);
  const ProgramResult tail = Run({"tail", "evaluations", "--key", "hybrid:ranking", "--limit", "1"});
  ASSERT_EQ(tail.exit_code, 0) << tail.err;
  EXPECT_EQ(json::parse(tail.out).at("compare").at("other"), "popularity");
}

TEST_F(BesideAnInstance, TopicsAreListedAndNotCreated) {
  const json list = json::parse(Run({"topics", "list", "--json"}).out);
  EXPECT_EQ(list.at("topics").size(), 13u);
  EXPECT_EQ(json::parse(Run({"topics", "describe", "interactions", "--json"}).out).at("partitions").size(),
            2u);
  const ProgramResult dry = Run({"topics", "create", "--dry-run", "--set", "topics.ratings=marks"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_EQ(dry.out, "would create marks\n");
  const ProgramResult created = Run({"topics", "create"});
  EXPECT_EQ(created.exit_code, 1);
  EXPECT_THAT(created.err, HasSubstr("is in use by another process; stop that process"));
}

TEST_F(BesideAnInstance, ReplayGoesThroughIt) {
  WriteText(here_->Path("more.jsonl"), Click(200, 11, 1) + Click(201, 11, 2));
  const ProgramResult replayed = Run({"replay", "more.jsonl", "--json"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(json::parse(replayed.out).at("accepted"), 2);
  EXPECT_TRUE(AwaitRecords(2));
}

TEST_F(BesideAnInstance, DoctorFindsIt) {
  const ProgramResult report = Run({"doctor"});
  EXPECT_EQ(report.exit_code, 0) << report.out;
  EXPECT_THAT(report.out, HasSubstr("runs at " + service_->Address() + ", ready"));
}

// Its address in a directory that nobody holds: a killed instance's port, which another has taken since.
TEST_F(BesideAnInstance, IsNotAskedAboutTheDirectoryOfAKilledOne) {
  ASSERT_EQ(here_->Run({"topics", "create", "--data", "killed"}).exit_code, 0);
  WriteText(here_->Path("killed/LOCK"), "1");
  WriteText(here_->Path("killed/freshet.address"), service_->Address() + "\n");
  const ProgramResult list = here_->Run({"recommend", "--user", "u1", "--data", "killed"});
  EXPECT_EQ(list.exit_code, 1);
  EXPECT_THAT(list.err, HasSubstr("user \"u1\" is not known"));
  EXPECT_THAT(list.out, IsEmpty());
  EXPECT_EQ(here_->Run({"similar", "--item", "i1", "--data", "killed"}).exit_code, 1);
  const ProgramResult report = here_->Run({"doctor", "--data", "killed"});
  EXPECT_THAT(report.out, Not(HasSubstr("runs at")));
  EXPECT_THAT(report.out, HasSubstr("no process holds killed: it was killed"));
}

TEST_F(BesideAnInstance, CommandsThatNeedItsDirectoryAreRefused) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run"}, {"state", "inspect"}, {"state", "export"}, {"state", "verify"}, {"state", "restore"}}) {
    const ProgramResult result = Run(command);
    EXPECT_EQ(result.exit_code, 1) << command.back();
    EXPECT_THAT(result.err, HasSubstr("is in use by")) << command.back();
    EXPECT_THAT(result.err, AnyOf(HasSubstr("stop it"), HasSubstr("stop that process"))) << command.back();
  }
  EXPECT_TRUE(service_->Ready());
}

// Stands last, because it ends the instance.
TEST_F(BesideAnInstance, AfterItsEndTheDirectoryAnswers) {
  EXPECT_EQ(service_->Stop(), 0) << service_->Log();
  const ProgramResult list = Run({"recommend", "--user", "u1"});
  ASSERT_EQ(list.exit_code, 0) << list.err;
  EXPECT_GT(json::parse(list.out).at("as_of").at("state_seq"), 0);
  EXPECT_EQ(Run({"recommend", "--user", "nobody"}).exit_code, 1);
  EXPECT_EQ(Run({"similar", "--item", "i1"}).exit_code, 0);
  EXPECT_EQ(Run({"similar", "--item", "i99"}).exit_code, 1);

  const ProgramResult inspected = Run({"state", "inspect", "--json"});
  ASSERT_EQ(inspected.exit_code, 0) << inspected.err;
  const std::vector<json> tasks = Lines(inspected.out);
  ASSERT_EQ(tasks.size(), 4u);
  std::uint64_t accepted = 0;
  for (const json& task : tasks) {
    if (task.at("task").get<std::string>().starts_with("user"))
      accepted += task.at("accepted").get<std::uint64_t>();
    EXPECT_GT(task.at("sequence"), 0);
  }
  EXPECT_GE(accepted, 20u);
  const ProgramResult exported = Run({"state", "export"});
  EXPECT_EQ(exported.exit_code, 0);
  std::uint64_t keys = 0;
  for (const json& task : tasks) keys += task.at("keys").get<std::uint64_t>();
  EXPECT_EQ(Lines(exported.out).size(), keys);

  const ProgramResult verified = Run({"state", "verify", "--json"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_TRUE(json::parse(verified.out).at("equal"));

  const ProgramResult restored = Run({"state", "restore"});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr("user-0 restored from "));
  const std::vector<json> again = Lines(Run({"state", "inspect", "--json"}).out);
  ASSERT_EQ(again.size(), tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) EXPECT_EQ(again[i].at("digest"), tasks[i].at("digest"));
  EXPECT_THAT(Run({"state", "verify"}).out, HasSubstr("equal: 4 tasks"));
}

}  // namespace
}  // namespace freshet
