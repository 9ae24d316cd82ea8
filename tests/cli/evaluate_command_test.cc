#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "cli/program_run.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Users who take the same items in the same order, one after the other.
std::string Parade(int users, int items) {
  std::string text = "user\titem\ttime\n";
  for (int u = 0; u < users; ++u) {
    for (int i = 0; i < items; ++i) text += fmt::format("u{}\ti{}\t{}\n", u, i, 1'000'000 + 1'000 * u + i);
  }
  return text;
}

TEST(EvaluateCommand, HasAHelpTextWithAnExampleForEachProtocol) {
  const Workplace here;
  for (const char* protocol :
       {"ratings", "prequential", "temporal", "sessions", "leave-one-out", "held-out"}) {
    const ProgramResult help = here.Run({"evaluate", protocol, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, HasSubstr(fmt::format("freshet evaluate {} ", protocol)));
    if (protocol == std::string("ratings")) continue;
    EXPECT_THAT(help.out, HasSubstr("popularity_long")) << "the generators that --model takes";
  }
}

TEST(EvaluateCommand, PrequentialLearnsWhatFollowsWhat) {
  const Workplace here;
  WriteText(here.Path("parade.tsv"), Parade(30, 6));
  const ProgramResult result =
      here.Run({"evaluate", "prequential", "--input", "parade.tsv", "--json", "--save-scores", "ranks.tsv"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report.at("protocol"), "prequential");
  EXPECT_EQ(report.at("input"), "parade.tsv");
  EXPECT_EQ(report.at("model"), "hybrid");
  EXPECT_EQ(report.at("n"), 150) << "all but each user's first event";
  EXPECT_GT(report.at("metrics").at("hit_rate@5"), 0.9);
  EXPECT_GT(report.at("metrics").at("mrr@10"), 0.7);
  EXPECT_EQ(report.at("by").at("history_length").at("1-4").at("n"), 120);
  EXPECT_EQ(report.at("by").at("history_length").at("5-19").at("n"), 30);
  for (const char* cost : {"events_per_second", "update_us", "query_us", "peak_rss_bytes"}) {
    EXPECT_GT(report.at("cost").at(cost), 0) << cost;
  }
  const std::string ranks = ReadText(here.Path("ranks.tsv"));
  EXPECT_EQ(std::count(ranks.begin(), ranks.end(), '\n'), 151);
  EXPECT_THAT(ranks, HasSubstr("user\titem\ttime\thistory\trank\nu0\ti1\t1000001000\t1\t0\n"));
}

TEST(EvaluateCommand, PartsAreTheHitsOfEachGeneratorByTenth) {
  const Workplace here;
  WriteText(here.Path("parade.tsv"), Parade(30, 6));
  std::vector<std::string> words = {"evaluate", "prequential", "--input", "parade.tsv", "--parts"};
  const ProgramResult table = here.Run(words);
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("tenth 10"));
  EXPECT_THAT(table.out, HasSubstr("of the best generator's"));
  words.emplace_back("--json");
  const auto parts = nlohmann::json::parse(here.Run(words).out).at("parts");
  EXPECT_EQ(parts.at("lists"), std::vector<int>(10, 15));
  for (const char* model : {"hybrid", "transitions", "popularity_long"}) {
    EXPECT_EQ(parts.at("hits@10").at(model).size(), 10U) << model;
    EXPECT_EQ(parts.at("hits@20").at(model).at(9), 15) << model << ": the parade has six items";
  }
}

TEST(EvaluateCommand, PrequentialScoresWhatItIsAskedTo) {
  const Workplace here;
  const std::string events = Parade(10, 6);
  const auto n = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"evaluate", "prequential", "--input", "-", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult result = here.Run(words, events);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out).at("n").get<int>();
  };
  EXPECT_EQ(n({}), 50);
  EXPECT_EQ(n({"--limit", "30"}), 25);
  EXPECT_EQ(n({"--warm-up", "30"}), 25);
  EXPECT_EQ(n({"--every", "6"}), 0) << "these are the first events of the users";
  EXPECT_EQ(n({"--model", "transitions", "--batch", "4"}), 30) << "a batch sees what was before it";
  WriteText(here.Path("events.tsv"), events);
  const ProgramResult late =
      here.Run({"evaluate", "prequential", "--input", "events.tsv", "--from-quantile", "0.5", "--json"});
  ASSERT_EQ(late.exit_code, 0) << late.err;
  EXPECT_EQ(nlohmann::json::parse(late.out).at("n"), 25);
}

TEST(EvaluateCommand, RepeatsAreScoredOnlyWhereTheyMayBeRanked) {
  const Workplace here;
  const std::string events = "user\titem\ttime\nu\ta\t100\nu\tb\t101\nu\ta\t102\nu\tb\t103\n";
  const std::vector<std::string> words = {"evaluate", "prequential", "--input", "-", "--json", "--repeats"};
  auto exclude = words;
  exclude.emplace_back("exclude");
  const auto excluded = nlohmann::json::parse(here.Run(exclude, events).out);
  EXPECT_EQ(excluded.at("n"), 1);
  EXPECT_EQ(excluded.at("counts").at("repeats"), 2);
  auto allow = words;
  allow.emplace_back("allow");
  const auto allowed = nlohmann::json::parse(here.Run(allow, events).out);
  EXPECT_EQ(allowed.at("n"), 3);
  EXPECT_GT(allowed.at("metrics").at("hit_rate@5"), 0.6) << "both repeats are found";
}

TEST(EvaluateCommand, PrintsATableForPeople) {
  const Workplace here;
  const ProgramResult result = here.Run({"evaluate", "prequential", "--input", "-"}, Parade(5, 3));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("prequential of -, model hybrid: 10 scored"));
  EXPECT_THAT(result.out, HasSubstr("hit_rate"));
  EXPECT_THAT(result.out, HasSubstr("us an update"));
}

TEST(EvaluateCommand, SaysWhatIsWrongWithItsInput) {
  const Workplace here;
  const std::vector<std::string> words = {"evaluate", "prequential", "--input", "-"};
  const ProgramResult unsorted = here.Run(words, "user\titem\ttime\nu\ta\t100\nu\tb\t99\n");
  EXPECT_EQ(unsorted.exit_code, 1);
  EXPECT_THAT(unsorted.err, HasSubstr("line 3"));
  EXPECT_THAT(unsorted.err, HasSubstr("sort -s"));
  EXPECT_THAT(unsorted.out, IsEmpty());
  const ProgramResult no_header = here.Run(words, "1\t2\t3\n");
  EXPECT_EQ(no_header.exit_code, 1);
  EXPECT_THAT(no_header.err, HasSubstr("the header has no column user"));
  EXPECT_EQ(here.Run({"evaluate", "prequential", "--input", "missing.tsv"}).exit_code, 1);
  EXPECT_EQ(here.Run({"evaluate", "prequential"}).exit_code, 2);
  const ProgramResult no_model =
      here.Run({"evaluate", "prequential", "--input", "-", "--model", "oracle"}, Parade(2, 2));
  EXPECT_EQ(no_model.exit_code, 2);
  EXPECT_THAT(no_model.err, HasSubstr("transitions"));
  const ProgramResult twice =
      here.Run({"evaluate", "prequential", "--input", "-", "--from-quantile", "0.5"}, Parade(2, 2));
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_THAT(twice.err, HasSubstr("standard input"));
}

TEST(EvaluateCommand, EachProtocolPrintsItsReport) {
  const Workplace here;
  WriteText(here.Path("stream.tsv"), Parade(30, 6));
  WriteText(here.Path("later.tsv"), "SessionId\tItemId\tTime\ns\ti0\t2000000\ns\ti1\t2000001\n");
  WriteText(here.Path("ratings.tsv"), "user\titem\ttime\tvalue\nu\ta\t1\t5\nu\tb\t2\t1\n");
  WriteText(here.Path("sequences.txt"), "a b c d\na b c d\na b c d\n");
  WriteText(here.Path("lists.txt"), "u a b c\nv a b\n");
  WriteText(here.Path("more.txt"), "v c\n");
  struct Case {
    std::vector<std::string> words;
    int n;
    const char* metric;
  };
  const std::vector<Case> cases = {
      {{"ratings", "--input", "ratings.tsv"}, 2, "rmse"},
      {{"ratings", "--train", "ratings.tsv", "--test", "ratings.tsv"}, 2, "mae"},
      {{"temporal", "--input", "stream.tsv", "--quantile", "0.5"}, 75, "ndcg@10"},
      {{"temporal", "--input", "stream.tsv", "--quantile", "0.5", "--frozen"}, 75, "ndcg@10"},
      {{"sessions", "--train", "stream.tsv", "--test", "later.tsv"}, 1, "mrr@20"},
      {{"leave-one-out", "--sequences", "sequences.txt"}, 3, "hit_rate@10"},
      {{"leave-one-out", "--sequences", "sequences.txt", "--validation"}, 3, "hit_rate@10"},
      {{"held-out", "--train", "lists.txt", "--test", "more.txt", "--seed", "7"}, 1, "recall@20"},
  };
  for (const Case& each : cases) {
    std::vector<std::string> words = {"evaluate"};
    words.insert(words.end(), each.words.begin(), each.words.end());
    words.emplace_back("--json");
    const ProgramResult result = here.Run(words);
    ASSERT_EQ(result.exit_code, 0) << each.words[0] << ": " << result.err;
    const auto report = nlohmann::json::parse(result.out);
    EXPECT_EQ(report.at("protocol"), each.words[0]);
    EXPECT_EQ(report.at("n"), each.n) << each.words[0];
    EXPECT_TRUE(report.at("metrics").at(each.metric).is_number()) << each.words[0];
    words.pop_back();
    const ProgramResult table = here.Run(words);
    EXPECT_THAT(table.out, HasSubstr(each.words[0] + " of "));
  }
}

TEST(EvaluateCommand, EachProtocolSaysWhatItMisses) {
  const Workplace here;
  const std::vector<std::vector<std::string>> cases = {
      {"ratings", "--input", "missing"},
      {"temporal", "--input", "missing", "--quantile", "0.5"},
      {"sessions", "--train", "missing", "--test", "missing"},
      {"leave-one-out", "--sequences", "missing"},
      {"held-out", "--train", "missing", "--test", "missing"},
  };
  for (const auto& each : cases) {
    std::vector<std::string> words = {"evaluate"};
    words.insert(words.end(), each.begin(), each.end());
    const ProgramResult result = here.Run(words);
    EXPECT_EQ(result.exit_code, 1) << each[0];
    EXPECT_THAT(result.err, HasSubstr("missing")) << each[0];
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_EQ(here.Run({"evaluate", each[0]}).exit_code, 2) << each[0];
  }
  EXPECT_EQ(here.Run({"evaluate", "ratings", "--input", "a", "--test", "b"}).exit_code, 2);
}

TEST(EvaluateCommand, AProfileGoesBeforeTheConfiguration) {
  const Workplace here;
  WriteText(here.Path("own.toml"), "[publish]\nk = 7\nrepeats = \"allow\"\n");
  WriteText(here.Path("f.toml"), "[publish]\nk = 9\n");
  const ProgramResult shown = here.Run({"config", "--profile", "own.toml", "--config", "f.toml"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("k = 9"));
  EXPECT_THAT(shown.out, HasSubstr("repeats = \"allow\""));
  for (const char* kind : {"ratings", "clicks", "sessions"}) {
    EXPECT_EQ(here.Run({"config", "--profile", kind}).exit_code, 0) << kind;
  }
  const ProgramResult unknown = here.Run({"config", "--profile", "dreams"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("config/profiles"));
}

TEST(EvaluateCommand, ReadsOurOwnEvents) {
  const Workplace here;
  std::string events = "{\"item_id\":\"i0\",\"item_type\":\"film\",\"title\":\"First\"}\n";
  for (int u = 0; u < 10; ++u) {
    for (int i = 0; i < 4; ++i) {
      events +=
          fmt::format("{{\"user_id\":\"u{}\",\"item_id\":\"i{}\",\"type\":\"{}\",\"occurred_at\":{}}}\n", u,
                      i, i == 3 ? "dislike" : "view", 1'700'000'000'000 + 10'000 * u + 1'000 * i);
    }
  }
  const ProgramResult result =
      here.Run({"evaluate", "prequential", "--input", "-", "--format", "jsonl", "--json"}, events);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).at("n"), 20) << "a dislike is nothing to be found";
}

TEST(EvaluateCommand, ReadsOtherFormats) {
  const Workplace here;
  const std::string events = "1\t7\t5\t100\n1\t8\t4\t101\n1\t9\t1\t102\n";
  for (const auto& [as, n] : std::map<std::string, int>{{"clicks", 2}, {"ratings", 1}}) {
    const ProgramResult result = here.Run(
        {"evaluate", "prequential", "--input", "-", "--format", "movielens", "--as", as, "--json"}, events);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out).at("n"), n) << as << ": one star is nothing to be found";
  }
  const ProgramResult unknown = here.Run({"evaluate", "prequential", "--input", "-", "--format", "xml"}, "");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("movielens"));
}

}  // namespace
}  // namespace freshet
