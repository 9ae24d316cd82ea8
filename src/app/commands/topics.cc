#include "config/topics.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/log_factory.h"
#include "base/format.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

struct TopicsOptions {
  std::string topic;
  bool json = false;
  bool dry_run = false;
};

// Records now in the topic's partitions: an upper bound on Kafka, where markers take offsets too.
Result<std::int64_t> CountOffsets(Log& log, const TopicDescription& topic) {
  std::int64_t count = 0;
  for (std::int32_t p = 0; p < topic.partitions; ++p) {
    FRESHET_TRY(const Watermarks marks, log.QueryWatermarks({topic.name, {p}}, Isolation::kReadCommitted));
    count += marks.high.value - marks.low.value;
  }
  return count;
}

Result<int> List(const Config& config, const TopicsOptions& options) {
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadOnly));
  FRESHET_TRY(auto topics, log->List());
  std::sort(topics.begin(), topics.end(),
            [](const TopicDescription& a, const TopicDescription& b) { return a.name < b.name; });
  std::string line;
  JsonWriter json(line);
  json.BeginObject();
  json.Key("topics");
  json.BeginArray();
  for (const TopicDescription& topic : topics) {
    FRESHET_TRY(const std::int64_t records, CountOffsets(*log, topic));
    const std::string role = RoleOf(config, topic.name);
    json.BeginObject();
    json.Field("name", std::string_view(topic.name));
    json.Field("role", std::string_view(role));
    json.Field("partitions", topic.partitions);
    json.Field("records", records);
    json.EndObject();
    if (options.json) continue;
    FRESHET_CHECK(PrintLine(fmt::format("{:<32} {:<16} {:>4} partitions {:>12} records", topic.name,
                                        role.empty() ? "-" : role, topic.partitions, records)));
  }
  json.EndArray();
  json.EndObject();
  if (options.json) FRESHET_CHECK(PrintLine(line));
  return 0;
}

// What is and what should be, read only: beside a running instance too, and where there is no log yet.
Result<std::vector<TopicCheck>> LookAtTopics(const Config& config) {
  const auto log = OpenLog(config, LogAccess::kReadOnly);
  if (log.ok()) return CheckTopics(**log, config);
  if (log.error().code != ErrorCode::kNotFound) return log.error();
  FRESHET_TRY(const auto wanted, WantedTopics(config));
  std::vector<TopicCheck> missing;
  for (const TopicSpec& spec : wanted) missing.push_back({spec, false, {}});
  return missing;
}

Result<std::vector<TopicCheck>> CreateTopics(const Config& config) {
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadWrite));
  FRESHET_TRY(const auto created, CreateMissingTopics(*log, config));
  for (const std::string& name : created) FRESHET_CHECK(PrintLine("created " + name));
  return CheckTopics(*log, config);
}

Result<int> Create(const Config& config, const TopicsOptions& options) {
  FRESHET_TRY(const auto checks, options.dry_run ? LookAtTopics(config) : CreateTopics(config));
  bool wrong = false;
  for (const TopicCheck& check : checks) {
    if (!check.exists) FRESHET_CHECK(PrintLine("would create " + check.wanted.name));
    for (const std::string& difference : check.differences) Say(check.wanted.name + ": " + difference);
    wrong = wrong || !check.differences.empty();
  }
  return wrong ? 1 : 0;
}

Result<int> DescribeTopic(const Config& config, const TopicsOptions& options) {
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadOnly));
  FRESHET_TRY(const std::string name, FindTopic(config, *log, options.topic));
  FRESHET_TRY(const TopicDescription topic, log->Describe(name));
  std::string line;
  JsonWriter json(line);
  json.BeginObject();
  json.Field("name", std::string_view(topic.name));
  json.Field("role", std::string_view(RoleOf(config, name)));
  json.Key("partitions");
  json.BeginArray();
  for (std::int32_t p = 0; p < topic.partitions; ++p) {
    FRESHET_TRY(const Watermarks marks, log->QueryWatermarks({name, {p}}, Isolation::kReadCommitted));
    json.BeginObject();
    json.Field("partition", p);
    json.Field("low", marks.low.value);
    json.Field("high", marks.high.value);
    json.EndObject();
    if (options.json) continue;
    FRESHET_CHECK(PrintLine(fmt::format("partition {} from {} to {}", p, marks.low.value, marks.high.value)));
  }
  json.EndArray();
  json.Key("settings");
  json.BeginArray();
  for (const auto& [setting, value] : topic.settings) {
    json.BeginObject();
    json.Field("name", std::string_view(setting));
    json.Field("value", std::string_view(value));
    json.EndObject();
    if (!options.json) FRESHET_CHECK(PrintLine(fmt::format("{} = {}", setting, value)));
  }
  json.EndArray();
  json.EndObject();
  if (options.json) FRESHET_CHECK(PrintLine(line));
  return 0;
}

}  // namespace

void AddTopicsCommands(CommandLine& line) {
  const auto options = std::make_shared<TopicsOptions>();
  CLI::App& group = line.AddGroup("topics", "Topics as config/topics.toml wants them");
  CLI::App& list = line.AddTo(
      group,
      {.name = "list", .summary = "Lists the log's topics", .example = "freshet topics list --data shop"},
      [options](const Config& config) { return List(config, *options); });
  list.add_flag("--json", options->json, "Prints one JSON object");
  CLI::App& create = line.AddTo(group,
                                {.name = "create",
                                 .summary = "Creates the topics that are missing; says where others differ",
                                 .example = "freshet topics create --config freshet.toml --dry-run"},
                                [options](const Config& config) { return Create(config, *options); });
  create.add_flag("--dry-run", options->dry_run, "Only says what it would do");
  CLI::App& describe =
      line.AddTo(group,
                 {.name = "describe",
                  .summary = "Shows a topic's partitions, offsets and settings",
                  .example = "freshet topics describe interactions --json"},
                 [options](const Config& config) { return DescribeTopic(config, *options); });
  describe.add_option("TOPIC", options->topic, "Role or name")->required();
  describe.add_flag("--json", options->json, "Prints one JSON object");
}

}  // namespace freshet
