#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "config/fields.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Result<Config> Parse(std::string_view toml) { return ParseConfig(toml, "f.toml", {}); }

std::string ErrorOf(const Result<Config>& result) {
  return result.ok() ? "no error" : result.error().message;
}

TEST(LoadConfig, GivesDefaultsForAnEmptyFile) {
  const auto config = Parse("");
  ASSERT_TRUE(config.ok()) << ErrorOf(config);
  EXPECT_EQ(config->publish.k, 20);
  EXPECT_EQ(config->processing.guarantee, Guarantee::kExactlyOnce);
  EXPECT_EQ(config->state.memory_bytes, 2LL << 30);
  EXPECT_TRUE(UsesEmbeddedLog(*config));
  EXPECT_EQ(GroupName(*config), "freshet");
}

TEST(LoadConfig, ReadsEveryKindOfValue) {
  const auto config = Parse(R"(
[app]
id = "shop"
[processing]
guarantee = "at_least_once"
batch_time = "50ms"
batch_bytes = "1MiB"
batch_records = 500
[models]
popularity_half_lives = ["1h", "1d", "2w"]
factors.enabled = false
[models.weights]
view = 2
purchase = 9.5
[models.custom_weights]
watch_trailer = 1.5
[kafka]
bootstrap_servers = "a:9092"
common.security.protocol = "ssl"
consumer = { "fetch.wait.max.ms" = 20, "check.crcs" = true }
)");
  ASSERT_TRUE(config.ok()) << ErrorOf(config);
  EXPECT_EQ(config->processing.guarantee, Guarantee::kAtLeastOnce);
  EXPECT_EQ(config->processing.batch_time, std::chrono::milliseconds(50));
  EXPECT_EQ(config->processing.batch_bytes, 1 << 20);
  EXPECT_EQ(config->processing.batch_records, 500);
  EXPECT_EQ(config->models.popularity_half_lives[2], std::chrono::hours(24 * 14));
  EXPECT_FALSE(config->models.factors.enabled);
  EXPECT_EQ(config->models.weights[static_cast<std::size_t>(InteractionType::kView)], 2);
  EXPECT_EQ(config->models.weights[static_cast<std::size_t>(InteractionType::kPurchase)], 9.5);
  EXPECT_EQ(config->models.custom_weights.at("watch_trailer"), 1.5);
  EXPECT_EQ(config->kafka.common.at("security.protocol"), "ssl");
  EXPECT_EQ(config->kafka.consumer.at("fetch.wait.max.ms"), "20");
  EXPECT_EQ(config->kafka.consumer.at("check.crcs"), "true");
  EXPECT_EQ(GroupName(*config), "shop");
}

TEST(LoadConfig, NamesLineColumnAndTheNearestKey) {
  const std::string error = ErrorOf(Parse("[publish]\nk = 10\ndetial = \"full\"\n"));
  EXPECT_EQ(error, "f.toml:3:1: unknown key \"publish.detial\"; did you mean \"publish.detail\"?");
}

TEST(LoadConfig, SuggestsSectionsAndKeysOfOtherSections) {
  EXPECT_THAT(ErrorOf(Parse("[publsh]\nk = 10\n")),
              HasSubstr("f.toml:1:2: unknown key \"publsh\"; did you mean"));
  EXPECT_THAT(ErrorOf(Parse("[data]\nbootstrap_servers = \"x\"\n")),
              HasSubstr("did you mean \"kafka.bootstrap_servers\"?"));
}

TEST(LoadConfig, ReportsAllMistakesOfAFileTogether) {
  const std::string error = ErrorOf(Parse(R"([publish]
k = 0
detail = "ful"
min_interval = "soon"
[models]
history_events = "many"
popularity_half_lives = ["1d"]
[state]
memory_bytes = "1XB"
[processing]
batch_time = 100
)"));
  EXPECT_THAT(error, HasSubstr("f.toml:2:5: publish.k: 0 is out of range; write a value from 1 to 200"));
  EXPECT_THAT(error,
              HasSubstr("f.toml:3:10: publish.detail: \"ful\" is not one of full, compact; did you mean"));
  EXPECT_THAT(error, HasSubstr("f.toml:4:16: publish.min_interval: \"soon\" is not a duration"));
  EXPECT_THAT(error,
              HasSubstr("f.toml:6:18: models.history_events: \"many\" is given; write a whole number"));
  EXPECT_THAT(error, HasSubstr("models.popularity_half_lives: 1 durations given; write exactly 3"));
  EXPECT_THAT(error, HasSubstr("state.memory_bytes: \"1XB\" is not a size"));
  EXPECT_THAT(error, HasSubstr("processing.batch_time: 100 is given; write a duration in quotes"));
}

TEST(LoadConfig, SaysWhereTextIsNotToml) {
  EXPECT_THAT(ErrorOf(Parse("[publish]\nk = = 3\n")), HasSubstr("f.toml:2:5: not TOML"));
  EXPECT_THAT(ErrorOf(Parse("publish = 3\n")),
              HasSubstr("f.toml:1:11: publish is a section; write [publish]"));
  EXPECT_THAT(ErrorOf(Parse("[publish]\nk = nan\n")),
              HasSubstr("publish.k: nan is given; write a whole number"));
  EXPECT_THAT(ErrorOf(Parse("[models.weights]\nview = nan\n")), HasSubstr("out of range"));
}

TEST(LoadConfig, LetsEnvironmentOverrideFileAndSettingsOverrideBoth) {
  ConfigSources sources;
  sources.environment = {{"FRESHET_PUBLISH__K", "7"},
                         {"FRESHET_MODELS__MIX__LEARN_FRACTION", "0.5"},
                         {"FRESHET_MODELS__POPULARITY_HALF_LIVES", "1h, 2h, 3h"},
                         {"FRESHET_KAFKA__COMMON__SECURITY_PROTOCOL", "ssl"},
                         {"FRESHET_FAIL", "point:1:kill"},
                         {"PATH", "/bin"}};
  sources.settings = {{"publish.k", "8"}, {"models.custom_weights.trailer", "2"}};
  const auto config = ParseConfig("[publish]\nk = 6\nrepeats = \"allow\"\n", "f.toml", sources);
  ASSERT_TRUE(config.ok()) << ErrorOf(config);
  EXPECT_EQ(config->publish.k, 8);
  EXPECT_EQ(config->publish.repeats, Repeats::kAllow);
  EXPECT_EQ(config->models.mix.learn_fraction, 0.5);
  EXPECT_EQ(config->models.popularity_half_lives[1], std::chrono::hours(2));
  EXPECT_EQ(config->kafka.common.at("security.protocol"), "ssl");
  EXPECT_EQ(config->models.custom_weights.at("trailer"), 2);
}

TEST(LoadConfig, RefusesUnknownVariablesAndSettings) {
  ConfigSources sources;
  sources.environment = {{"FRESHET_PUBLISH__KK", "7"}, {"FRESHET_PUBLISH__K", "seven"}};
  sources.settings = {{"publish.repeat", "allow"}};
  const std::string error = ErrorOf(ParseConfig("", "", sources));
  EXPECT_THAT(error,
              HasSubstr("FRESHET_PUBLISH__KK: unknown key \"publish.kk\"; did you mean \"publish.k\"?"));
  EXPECT_THAT(error, HasSubstr("FRESHET_PUBLISH__K: publish.k: \"seven\" is not a whole number"));
  EXPECT_THAT(error, HasSubstr("--set publish.repeat: unknown key"));
}

TEST(LoadConfig, NamesAValueOfAnotherType) {
  EXPECT_EQ(ErrorOf(Parse("[publish]\nk = [10]\n")),
            "f.toml:2:5: publish.k: a list is given; write a whole number");
  EXPECT_THAT(ErrorOf(Parse("[models]\npopularity_half_lives = [\"1h\", 2, \"3h\"]\n")),
              HasSubstr("models.popularity_half_lives: 2 is given; write a list of 3 durations"));
}

TEST(LoadConfig, NamesTheVariableThatOneUnderscoreSpoiled) {
  ConfigSources sources;
  sources.environment = {{"FRESHET_PUBLISH_K", "10"},
                         {"FRESHET_STATE_MEMORY_BYTES", "1GiB"},
                         {"FRESHET_CONFIG", "f.toml"},
                         {"FRESHET_KAFKA_DIR", "/opt/kafka"}};
  EXPECT_EQ(ErrorOf(ParseConfig("", "", sources)),
            "FRESHET_PUBLISH_K: is not read; write FRESHET_PUBLISH__K\n"
            "FRESHET_STATE_MEMORY_BYTES: is not read; write FRESHET_STATE__MEMORY_BYTES");
}

TEST(LoadConfig, SaysWhereKeysWereSetThatDoNotGoTogether) {
  EXPECT_THAT(ErrorOf(Parse("[http]\nlisten = \"nonsense\"\n")),
              StartsWith("f.toml:2:10: http.listen: \"nonsense\" is not address:port"));
  ConfigSources sources;
  sources.environment = {{"FRESHET_STATE__VIEW_SHARE", "0.6"}};
  sources.settings = {{"http.listen", "8640"}};
  const std::string error = ErrorOf(ParseConfig("[state]\ntables_share = 0.6\n", "f.toml", sources));
  EXPECT_THAT(error, HasSubstr("f.toml:2:16, FRESHET_STATE__VIEW_SHARE: state.*_share: together"));
  EXPECT_THAT(error, HasSubstr("--set http.listen: http.listen: \"8640\" is not address:port"));
}

TEST(LoadConfig, ReadsSecretsFromFilesAndNeverShowsThem) {
  const std::string path = ::testing::TempDir() + "/freshet_secret";
  std::ofstream(path) << "hunter2\n";
  const auto config =
      Parse("[kafka.common]\n\"sasl.password_file\" = \"" + path + "\"\n\"sasl.username\" = \"u\"\n");
  ASSERT_TRUE(config.ok()) << ErrorOf(config);
  EXPECT_EQ(config->kafka.common.at("sasl.password"), "hunter2");
  const std::string shown = EffectiveToml(*config);
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, HasSubstr("\"sasl.password\" = \"***\""));
  EXPECT_THAT(shown, HasSubstr("\"sasl.username\" = \"u\""));
  EXPECT_THAT(ErrorOf(Parse("[kafka.common]\n\"sasl.password_file\" = \"/nowhere/x\"\n")),
              HasSubstr("f.toml:2:24: kafka.common.sasl.password_file: cannot read /nowhere/x"));
}

TEST(LoadConfig, ChecksWhatKeysMeanTogether) {
  EXPECT_THAT(ErrorOf(Parse("[state]\ntables_share = 0.9\n")), HasSubstr("state.*_share: together 1.40"));
  EXPECT_THAT(ErrorOf(Parse("[http]\nlisten = \"8640\"\n")), HasSubstr("is not address:port"));
  EXPECT_THAT(ErrorOf(Parse("[http]\nlisten = \"localhost:70000\"\n")), HasSubstr("is not address:port"));
  EXPECT_THAT(ErrorOf(Parse("[topics]\nratings = \"interactions\"\n")), HasSubstr("name of two topics"));
  EXPECT_THAT(ErrorOf(Parse("[topics]\nprefix = \"a b\"\n")), HasSubstr("is no topic name"));
  EXPECT_THAT(ErrorOf(Parse("[app]\nid = \"\"\n")), HasSubstr("app.id"));
  EXPECT_THAT(ErrorOf(Parse("[processing]\nbatch_time = \"10s\"\n")), HasSubstr("transaction_timeout"));
}

TEST(LoadConfig, SaysThatAFileIsMissing) {
  const auto config = LoadConfig({.file = "/nowhere/freshet.toml", .environment = {}, .settings = {}});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, ErrorCode::kNotFound);
}

TEST(DivideMemory, StaysWithinTheBudget) {
  const StateConfig state;
  const MemoryBudget budget = DivideMemory(state);
  EXPECT_LE(budget.tables + budget.view + budget.cache + budget.queues, state.memory_bytes);
  EXPECT_GT(budget.tables, budget.cache);
}

}  // namespace
}  // namespace freshet
