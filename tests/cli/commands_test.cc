#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/program_run.h"
#include "connectors/embedded/embedded_log.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kThreeClicks =
    R"({"event_id":"e1","user_id":"u1","item_id":"i1","type":"view","occurred_at":"2026-03-02T09:00:02Z"}
{"event_id":"e2","user_id":"u2","item_id":"i1","type":"click","occurred_at":"2026-03-02T09:00:01Z"}

{"event_id":"e3","user_id":"u1","item_id":"i2","type":"purchase","occurred_at":"2026-03-02T09:00:03Z"}
)";

TEST(Program, ShowsEveryCommandAndAnExampleForEach) {
  const Workplace here;
  const ProgramResult all = here.Run({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  const std::vector<std::vector<std::string>> commands = {{"run"},
                                                          {"send"},
                                                          {"tail"},
                                                          {"replay"},
                                                          {"import"},
                                                          {"recommend"},
                                                          {"similar"},
                                                          {"topics", "list"},
                                                          {"topics", "create"},
                                                          {"topics", "describe"},
                                                          {"dead-letters", "list"},
                                                          {"dead-letters", "show"},
                                                          {"state", "inspect"},
                                                          {"state", "export"},
                                                          {"state", "verify"},
                                                          {"state", "restore"},
                                                          {"doctor"},
                                                          {"config"},
                                                          {"version"}};
  for (std::vector<std::string> command : commands) {
    EXPECT_THAT(all.out, HasSubstr("  " + command.front() + " "));
    command.push_back("--help");
    const ProgramResult help = here.Run(command);
    EXPECT_EQ(help.exit_code, 0) << command.front();
    EXPECT_THAT(help.out, HasSubstr("Example:\n  freshet " + command.front()));
    EXPECT_THAT(help.err, IsEmpty());
  }
}

TEST(Program, EndsWithTwoOnWrongUsage) {
  const Workplace here;
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"nonsense"},
                                                       {"send"},
                                                       {"send", "interactions", "--nonsense"},
                                                       {"send", "recommendations"},
                                                       {"tail", "x", "--since", "soon"},
                                                       {"replay", "f", "--speed", "-1"},
                                                       {"import", "nonsense", "f"},
                                                       {"import", "tsv"},
                                                       {"import", "tsv", "f", "--topic", "nonsense"},
                                                       {"replay"},
                                                       {"replay", "f", "--topic", "nonsense"},
                                                       {"replay", "f", "--window", "0"},
                                                       {"recommend"},
                                                       {"recommend", "--user", "u", "--k", "0"},
                                                       {"similar"},
                                                       {"similar", "--item", "i", "--k", "201"},
                                                       {"tail"},
                                                       {"state"},
                                                       {"state", "nonsense"},
                                                       {"dead-letters"},
                                                       {"dead-letters", "show", "--limit", "x"},
                                                       {"topics", "describe"},
                                                       {"doctor", "x"},
                                                       {"run", "x"},
                                                       {"topics"},
                                                       {"config", "--set", "publish.k"}};
  for (const auto& arguments : wrong) {
    const ProgramResult result = here.Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << (arguments.empty() ? "" : arguments.front()) << result.err;
    EXPECT_THAT(result.err, Not(IsEmpty()));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(Program, NamesAnUnknownCommandAndTheNearest) {
  const Workplace here;
  EXPECT_EQ(here.Run({"recomend", "--user", "u"}).err,
            "freshet: \"recomend\" is no command; did you mean \"recommend\"?\n");
  EXPECT_THAT(here.Run({"frobnicate"}).err,
              StartsWith("freshet: \"frobnicate\" is no command; there are run, "));
  EXPECT_EQ(here.Run({"state", "verfy"}).err,
            "freshet: \"state verfy\" is no command; did you mean \"state verify\"?\n");
  EXPECT_EQ(here.Run({"state", "frob"}).err,
            "freshet: \"state frob\" is no command; there are inspect, export, verify, restore\n");
}

// A directory that no service has used: each command says so, with the path, and creates nothing.
TEST(Program, SaysThatADirectoryHoldsNothing) {
  const Workplace here;
  const std::vector<std::vector<std::string>> commands = {{"recommend", "--user", "u"},
                                                          {"similar", "--item", "i"},
                                                          {"tail", "interactions"},
                                                          {"topics", "list"},
                                                          {"topics", "describe", "interactions"},
                                                          {"dead-letters", "list"},
                                                          {"dead-letters", "show"},
                                                          {"state", "inspect"},
                                                          {"state", "export"},
                                                          {"state", "verify"},
                                                          {"state", "restore"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--data", "nowhere"});
    const ProgramResult result = here.Run(command);
    EXPECT_EQ(result.exit_code, 1) << command.front();
    EXPECT_THAT(result.err, HasSubstr("nowhere/")) << command.front();
    EXPECT_THAT(result.err, HasSubstr("is --data")) << command.front();
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_FALSE(std::filesystem::exists(here.Path("nowhere")));
}

TEST(Program, SaysThatADirectoryCannotBeUsed) {
  const Workplace here;
  WriteText(here.Path("file"), "in the way");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"run"}, {"send", "interactions"}, {"topics", "create"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--data", "file/d"});
    const ProgramResult result = here.Run(words);
    EXPECT_EQ(result.exit_code, 1) << command.front();
    EXPECT_THAT(result.err, HasSubstr("file/d")) << command.front();
    EXPECT_THAT(result.err, HasSubstr("set data.dir")) << command.front();
  }
  const ProgramResult doctor = here.Run({"doctor", "--data", "file/d"});
  EXPECT_EQ(doctor.exit_code, 1);
  EXPECT_THAT(doctor.out, HasSubstr("is no directory; set data.dir"));
}

TEST(VersionCommand, PrintsIt) {
  const Workplace here;
  EXPECT_THAT(here.Run({"version"}).out, StartsWith("freshet "));
  EXPECT_EQ(here.Run({"--version"}).exit_code, 0);
}

TEST(ConfigCommand, PrintsWhatIsInForceAndHidesSecrets) {
  const Workplace here;
  WriteText(here.Path("f.toml"), "[publish]\nk = 7\n[kafka.common]\n\"sasl.password\" = \"hunter2\"\n");
  const ProgramResult result = here.Run({"config", "--config", "f.toml", "--set", "publish.detail=compact"},
                                        "", {{"FRESHET_HTTP__QUEUE_MAX", "9"}});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("publish.k = 7\n"));
  EXPECT_THAT(result.out, HasSubstr("publish.detail = \"compact\"\n"));
  EXPECT_THAT(result.out, HasSubstr("http.queue_max = 9\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("hunter2")));
  EXPECT_EQ(here.Run({"config", "--reference"}).out,
            ReadText(std::string(FRESHET_SOURCE_DIR) + "/config/freshet.toml"));
}

TEST(ConfigCommand, NamesTheMistakes) {
  const Workplace here;
  WriteText(here.Path("f.toml"), "[publish]\nkk = 7\n");
  const ProgramResult result = here.Run({"config", "--config", "f.toml"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("f.toml:2:1: unknown key \"publish.kk\"; did you mean \"publish.k\"?"));
  EXPECT_EQ(here.Run({"config", "--config", "missing.toml"}).exit_code, 1);
}

TEST(SendCommand, AppendsWhatTailReads) {
  const Workplace here;
  const ProgramResult sent = here.Run({"send", "interactions", "--data", "d", "--json"}, kThreeClicks);
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  const auto counts = nlohmann::json::parse(sent.out);
  EXPECT_EQ(counts.at("accepted"), 3);
  EXPECT_EQ(counts.at("rejected"), 0);
  const ProgramResult read = here.Run({"tail", "interactions", "--data", "d", "--key", "u1"});
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_THAT(read.out, HasSubstr("\"e1\""));
  EXPECT_THAT(read.out, HasSubstr("\"e3\""));
  EXPECT_THAT(read.out, Not(HasSubstr("\"e2\"")));
  const ProgramResult records =
      here.Run({"tail", "interactions", "--data", "d", "--records", "--limit", "1"});
  const auto record = nlohmann::json::parse(records.out);
  EXPECT_EQ(record.at("topic"), "interactions");
  EXPECT_EQ(record.at("value").at("item_id").is_string(), true);
  EXPECT_THAT(here.Run({"tail", "interactions", "--data", "d", "--since", "2200-01-01T00:00:00Z"}).out,
              IsEmpty());
}

TEST(SendCommand, LeavesOutBadEventsAndSaysWhy) {
  const Workplace here;
  const ProgramResult sent = here.Run({"send", "interactions", "--data", "d"},
                                      "{\"user_id\":\"u1\",\"item_id\":\"i1\",\"type\":\"view\"}\n{broken\n{"
                                      "\"user_id\":\"u1\",\"type\":\"view\"}\n");
  EXPECT_EQ(sent.exit_code, 1);
  EXPECT_EQ(sent.out, "accepted 1 rejected 2\n");
  EXPECT_THAT(sent.err, HasSubstr("line 2: not_json"));
  EXPECT_THAT(sent.err, HasSubstr("line 3: schema at /item_id"));
  const ProgramResult unchecked =
      here.Run({"send", "interactions", "--data", "d", "--unchecked"}, "{broken\n");
  EXPECT_EQ(unchecked.exit_code, 0) << unchecked.err;
  EXPECT_EQ(unchecked.out, "accepted 1 rejected 0\n");
  EXPECT_THAT(here.Run({"tail", "interactions", "--data", "d"}).out, HasSubstr("\"{broken\""));
}

TEST(SendCommand, SaysThatItsFileIsMissing) {
  const Workplace here;
  const ProgramResult sent = here.Run({"send", "interactions", "--data", "d", "--input", "missing.jsonl"});
  EXPECT_EQ(sent.exit_code, 1);
  EXPECT_THAT(sent.err, HasSubstr("missing.jsonl"));
}

TEST(SendCommand, NumbersLinesAsTheFileDoes) {
  const Workplace here;
  const std::string text = "\n\n{\"user_id\":\"u1\",\"item_id\":\"i1\",\"type\":\"view\"}\n\n{broken\n";
  EXPECT_THAT(here.Run({"send", "interactions", "--data", "d"}, text).err, HasSubstr("line 5: not_json"));
  WriteText(here.Path("a.jsonl"), text);
  WriteText(here.Path("b.jsonl"), "\n{broken\n");
  EXPECT_THAT(here.Run({"replay", "a.jsonl", "--data", "d"}).err, HasSubstr("freshet: line 5: not_json"));
  const ProgramResult both = here.Run({"replay", "a.jsonl", "b.jsonl", "--data", "d"});
  EXPECT_THAT(both.err, HasSubstr("a.jsonl line 5: not_json"));
  EXPECT_THAT(both.err, HasSubstr("b.jsonl line 2: not_json"));
}

TEST(SendCommand, RefusesEventsOfTheFuture) {
  const Workplace here;
  const std::string event =
      R"({"user_id":"u1","item_id":"i1","type":"view","occurred_at":"2199-01-01T00:00:00Z"})";
  const ProgramResult sent = here.Run({"send", "interactions", "--data", "d"}, event);
  EXPECT_EQ(sent.exit_code, 1);
  EXPECT_THAT(sent.err, HasSubstr("line 1: bad_time at /occurred_at"));
  EXPECT_EQ(here.Run({"send", "interactions", "--data", "d", "--unchecked"}, event).out,
            "accepted 1 rejected 0\n");
}

TEST(TailCommand, SaysWhatTopicsThereAre) {
  const Workplace here;
  EXPECT_EQ(here.Run({"tail", "interactions", "--data", "d"}).exit_code, 1);
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  const ProgramResult result = here.Run({"tail", "nonsense", "--data", "d"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("there is no topic nonsense; there are catalogue"));
}

TEST(TopicsCommands, CreateListAndDescribe) {
  const Workplace here;
  EXPECT_THAT(here.Run({"topics", "create", "--data", "d", "--dry-run"}).out,
              HasSubstr("would create ratings\n"));
  EXPECT_FALSE(std::filesystem::exists(here.Path("d")));
  const ProgramResult created = here.Run({"topics", "create", "--data", "d"});
  EXPECT_EQ(created.exit_code, 0) << created.err;
  EXPECT_THAT(created.out, HasSubstr("created interactions\n"));
  EXPECT_THAT(created.out, HasSubstr("created freshet-user-changelog\n"));
  EXPECT_THAT(here.Run({"topics", "create", "--data", "d"}).out, IsEmpty());
  const auto list = nlohmann::json::parse(here.Run({"topics", "list", "--data", "d", "--json"}).out);
  EXPECT_EQ(list.at("topics").size(), 13u);
  const auto topic =
      nlohmann::json::parse(here.Run({"topics", "describe", "ratings", "--data", "d", "--json"}).out);
  EXPECT_EQ(topic.at("partitions").size(), 4u);
  const ProgramResult other =
      here.Run({"topics", "create", "--data", "d", "--set", "topics.user_partitions=5"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("has 4 partitions, wanted 5"));
}

TEST(ReplayCommand, SendsInTheOrderOfTimeToTheTopicsThatLinesBelongTo) {
  const Workplace here;
  WriteText(here.Path("stream.jsonl"),
            std::string(kThreeClicks) + R"({"item_id":"i1","item_type":"book","title":"T"})" + "\n" +
                R"({"user_id":"u1","item_id":"i1","rating":4,"rated_at":"2026-03-02T09:00:00Z"})" + "\n");
  const ProgramResult replayed =
      here.Run({"replay", "stream.jsonl", "--data", "d", "--json", "--set", "topics.user_partitions=1"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(nlohmann::json::parse(replayed.out).at("accepted"), 5);
  const std::string read = here.Run({"tail", "interactions", "--data", "d"}).out;
  EXPECT_LT(read.find("\"e2\""), read.find("\"e1\""));
  EXPECT_LT(read.find("\"e1\""), read.find("\"e3\""));
  EXPECT_THAT(here.Run({"tail", "catalogue", "--data", "d"}).out, HasSubstr("\"book\""));
  EXPECT_THAT(here.Run({"tail", "ratings", "--data", "d"}).out, HasSubstr("\"rating\":4"));
  const ProgramResult paced = here.Run({"replay", "stream.jsonl", "--data", "d", "--speed", "100"});
  EXPECT_EQ(paced.exit_code, 0) << paced.err;
}

TEST(ImportCommand, TurnsADataSetIntoEventsThatSendTakes) {
  const Workplace here;
  EXPECT_THAT(here.Run({"import", "--list"}).out, HasSubstr("movielens"));
  WriteText(here.Path("u.data"), "11\t21\t3\t1700000100\n12\t22\t4\t1700000200\n");
  const ProgramResult imported =
      here.Run({"import", "movielens", "u.data", "--output", "ratings.jsonl.zst", "--json"});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(nlohmann::json::parse(imported.out).at("written"), 2);
  EXPECT_EQ(here.Run({"send", "ratings", "--data", "d", "--input", "ratings.jsonl.zst"}).out,
            "accepted 2 rejected 0\n");
  EXPECT_EQ(here.Run({"import", "movielens", "missing"}).exit_code, 1);
}

TEST(ReplayCommand, SaysWhatItCannotReadAndCreatesNothing) {
  const Workplace here;
  const ProgramResult missing = here.Run({"replay", "missing.jsonl", "--data", "d"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("missing.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(here.Path("d")));
  WriteText(here.Path("bad.jsonl"), "{broken\n" + std::string(kThreeClicks));
  const ProgramResult bad = here.Run({"replay", "bad.jsonl", "--data", "d"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.err, HasSubstr("line 1: not_json"));
  EXPECT_THAT(bad.out, StartsWith("accepted 3 rejected 1"));
  WriteText(here.Path("cut.jsonl.zst"), std::string("\x28\xB5\x2F\xFD\x00", 5));
  const ProgramResult cut = here.Run({"replay", "cut.jsonl.zst", "--data", "d"});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("cut.jsonl.zst"));
}

TEST(DeadLettersCommands, SayThatThereAreNone) {
  const Workplace here;
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  const ProgramResult none = here.Run({"dead-letters", "list", "--data", "d", "--json"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_TRUE(nlohmann::json::parse(none.out).at("groups").empty());
  EXPECT_EQ(here.Run({"dead-letters", "show", "--data", "d"}).exit_code, 0);
}

TEST(DeadLettersCommands, NameTheReasonsThereAre) {
  const Workplace here;
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  for (const char* command : {"list", "show"}) {
    const ProgramResult bogus = here.Run({"dead-letters", command, "--reason", "bogus", "--data", "d"});
    EXPECT_EQ(bogus.exit_code, 2);
    EXPECT_THAT(bogus.err, HasSubstr("bogus"));
    EXPECT_THAT(bogus.err, HasSubstr("not_json,schema,unknown_type,bad_time,too_large,unknown_user,policy"));
    EXPECT_EQ(here.Run({"dead-letters", command, "--reason", "bad_time", "--data", "d"}).exit_code, 0);
  }
}

TEST(DoctorCommand, FindsNothingWrongWithAFreshStart) {
  const Workplace here;
  const ProgramResult fresh = here.Run({"doctor", "--data", "d", "--set", "state.memory_bytes=64MiB"});
  EXPECT_EQ(fresh.exit_code, 0) << fresh.out;
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  const ProgramResult after =
      here.Run({"doctor", "--data", "d", "--set", "state.memory_bytes=64MiB", "--json"});
  EXPECT_EQ(after.exit_code, 0) << after.out;
  const auto report = nlohmann::json::parse(after.out);
  for (const auto& finding : report.at("findings")) {
    EXPECT_EQ(finding.at("verdict"), "good") << finding;
  }
}

TEST(DoctorCommand, SaysWhatToChange) {
  const Workplace here;
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  WriteText(here.Path("d/freshet.address"), "127.0.0.1:1\n");
  const ProgramResult result = here.Run(
      {"doctor", "--data", "d", "--set", "topics.item_partitions=3", "--set", "state.memory_bytes=1TiB"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("BAD  topics         catalogue: has 2 partitions, wanted 3"));
  EXPECT_THAT(result.out, HasSubstr("lower state.memory_bytes"));
  EXPECT_THAT(result.out, HasSubstr("no process holds d: it was killed"));
}

TEST(DoctorCommand, SeesThatClocksDisagree) {
  const Workplace here;
  ASSERT_EQ(here.Run({"topics", "create", "--data", "d"}).exit_code, 0);
  {
    auto log = EmbeddedLog::Open(here.Path("d/log").string(), {});
    ASSERT_TRUE(log.ok()) << log.error().message;
    const auto writer = (*log)->OpenWriter({});
    OutputRecord record{{"ratings", {0}}, "u", "{}", {}, Timestamp{SystemClock().Now().ms + 3'600'000}};
    ASSERT_TRUE((*writer)->Initialise().ok() && (*writer)->Begin().ok());
    ASSERT_TRUE((*writer)->Append(std::move(record)).ok() && (*writer)->Commit().ok());
  }
  const ProgramResult result = here.Run({"doctor", "--data", "d", "--set", "state.memory_bytes=64MiB"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("BAD  clock          ratings/0@0 is stamped "));
  EXPECT_THAT(result.out, HasSubstr("ahead of this machine's clock; set the clocks"));
}

}  // namespace
}  // namespace freshet
