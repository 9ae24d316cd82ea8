#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/log_factory.h"
#include "app/topic_scan.h"
#include "base/format.h"
#include "codec/dead_letter.h"
#include "codec/json_writer.h"
#include "codec/time.h"
#include "config/topics.h"

namespace freshet {
namespace {

struct DeadLettersOptions {
  std::string reason;
  std::string topic;
  std::uint64_t limit = 20;
  bool json = false;
};

/// Dead letters with one reason about one topic.
struct DeadLetterGroup {
  std::uint64_t count = 0;
  Timestamp first;
  Timestamp last;
  std::string path;     // of the newest
  std::string message;  // of the newest
  std::string fix_hint;
};

// By reason and topic: a handful each, so the groups need no bound of their own.
using Groups = std::map<std::pair<std::string, std::string>, DeadLetterGroup>;

using LetterSink = std::function<Result<bool>(const Record& record, const DeadLetter& letter)>;

Result<void> ReadDeadLetters(const Config& config, const DeadLettersOptions& options,
                             const LetterSink& sink) {
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadOnly));
  FRESHET_TRY(const std::string topic, FindTopic(config, *log, "dead-letters"));
  std::string wanted_topic;
  if (!options.topic.empty()) {
    FRESHET_TRY(wanted_topic, FindTopic(config, *log, options.topic));
  }
  return ScanTopic(*log, topic, {.since = {}},
                   [&](const TopicPartition& from, const Record& record) -> Result<bool> {
                     if (!record.value) return true;
                     const auto letter = DecodeDeadLetter(*record.value);
                     if (!letter.ok()) {
                       Say(fmt::format("{}/{}@{}: {}", from.topic, from.partition.value, record.offset.value,
                                       letter.error().message));
                       return true;
                     }
                     if (!options.reason.empty() && letter->rejection.reason_code != options.reason)
                       return true;
                     if (!wanted_topic.empty() && letter->from.topic != wanted_topic) return true;
                     return sink(record, *letter);
                   });
}

void AddToGroup(Groups& groups, const DeadLetter& letter) {
  DeadLetterGroup& group = groups[{letter.rejection.reason_code, letter.from.topic}];
  if (group.count == 0 || letter.first_seen < group.first) group.first = letter.first_seen;
  if (group.count == 0 || letter.first_seen >= group.last) {
    group.last = letter.first_seen;
    group.path = letter.rejection.path;
    group.message = letter.rejection.message;
    group.fix_hint = letter.rejection.fix_hint;
  }
  group.count += static_cast<std::uint64_t>(letter.count);
}

std::string GroupsJson(const Groups& groups) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("groups");
  json.BeginArray();
  for (const auto& [key, group] : groups) {
    json.BeginObject();
    json.Field("reason_code", std::string_view(key.first));
    json.Field("topic", std::string_view(key.second));
    json.Field("count", group.count);
    json.Field("first_seen", group.first);
    json.Field("last_seen", group.last);
    json.Field("path", std::string_view(group.path));
    json.Field("message", std::string_view(group.message));
    json.Field("fix_hint", std::string_view(group.fix_hint));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

Result<int> ListGroups(const Config& config, const DeadLettersOptions& options) {
  Groups groups;
  FRESHET_CHECK(
      ReadDeadLetters(config, options, [&](const Record&, const DeadLetter& letter) -> Result<bool> {
        AddToGroup(groups, letter);
        return true;
      }));
  if (options.json) {
    FRESHET_CHECK(PrintLine(GroupsJson(groups)));
    return 0;
  }
  for (const auto& [key, group] : groups) {
    FRESHET_CHECK(PrintLine(fmt::format("{:>8} {:<14} {:<16} last {}  {}{}{}; {}", group.count, key.first,
                                        key.second, TimestampToRfc3339(group.last), group.path,
                                        group.path.empty() ? "" : ": ", group.message, group.fix_hint)));
  }
  if (groups.empty()) Say("there are no dead letters");
  return 0;
}

Result<void> PrintLetter(const DeadLetter& letter) {
  FRESHET_CHECK(PrintLine(fmt::format("{}/{}@{} {} {}", letter.from.topic, letter.from.partition.value,
                                      letter.offset.value, TimestampToRfc3339(letter.timestamp),
                                      letter.key.value_or("(no key)"))));
  FRESHET_CHECK(PrintLine(fmt::format("  {}{}{}: {}", letter.rejection.reason_code,
                                      letter.rejection.path.empty() ? "" : " at ", letter.rejection.path,
                                      letter.rejection.message)));
  FRESHET_CHECK(PrintLine("  " + letter.rejection.fix_hint));
  return PrintLine("  " + letter.payload.value_or("(null)"));
}

Result<int> ShowLetters(const Config& config, const DeadLettersOptions& options) {
  std::uint64_t shown = 0;
  const auto show = [&](const Record& record, const DeadLetter& letter) -> Result<bool> {
    FRESHET_CHECK(options.json ? PrintLine(*record.value) : PrintLetter(letter));
    return ++shown != options.limit;
  };
  FRESHET_CHECK(ReadDeadLetters(config, options, show));
  if (shown == 0) Say("there are no such dead letters");
  return 0;
}

}  // namespace

void AddDeadLettersCommands(CommandLine& line) {
  const auto options = std::make_shared<DeadLettersOptions>();
  CLI::App& group = line.AddGroup("dead-letters", "The refused events, by reason");
  CLI::App& list = line.AddTo(group,
                              {.name = "list",
                               .summary = "Counts them by reason and topic, with the newest example of each",
                               .example = "freshet dead-letters list"},
                              [options](const Config& config) { return ListGroups(config, *options); });
  list.add_flag("--json", options->json, "Prints one JSON object");
  CLI::App& show = line.AddTo(group,
                              {.name = "show",
                               .summary = "Shows them with the original event, the oldest first",
                               .example = "freshet dead-letters show --reason bad_time --limit 5"},
                              [options](const Config& config) { return ShowLetters(config, *options); });
  for (CLI::App* app : {&list, &show}) {
    app->add_option("--reason", options->reason, "Only this reason")
        ->check(CLI::IsMember(RejectionReasons()));
    app->add_option("--topic", options->topic, "Only events of this topic");
  }
  show.add_option("--limit", options->limit, "Stops after so many (default 20, 0: all)");
  show.add_flag("--json", options->json, "Prints the records as they are, a line each");
}

}  // namespace freshet
