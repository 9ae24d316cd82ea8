#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/log_factory.h"
#include "app/topic_scan.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/format.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "codec/time.h"
#include "config/units.h"

namespace freshet {
namespace {

struct TailOptions {
  std::string topic;
  std::string key;
  std::string since;
  bool has_key = false;
  bool follow = false;
  bool records = false;
  std::uint64_t limit = 0;
};

// A time, or a duration that is subtracted from now.
Result<Timestamp> ParseSince(const std::string& text) {
  if (const auto ago = ParseDuration(text)) return Timestamp{SystemClock().Now().ms - ago->count()};
  auto time = ParseTime(text);
  if (time.ok()) return *time;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("--since {}: write 2026-03-02T09:00:00Z, epoch milliseconds, or \"10m\"", text));
}

// One line: JSON without line feeds, and what is no JSON as a JSON string.
std::string ValueLine(const std::optional<std::string>& value) {
  if (!value) return "null";
  const auto json = ParseJson(*value);
  if (json.ok()) return value->find('\n') == std::string::npos ? *value : json->dump();
  std::string quoted;
  JsonWriter(quoted).String(*value);
  return quoted;
}

std::string RecordLine(const TopicPartition& from, const Record& record) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject();
  json.Field("topic", std::string_view(from.topic));
  json.Field("partition", from.partition.value);
  json.Field("offset", record.offset.value);
  json.Field("timestamp", record.timestamp.ms);
  json.Key("key");
  record.key ? json.String(*record.key) : json.Null();
  json.Key("headers");
  json.BeginArray();
  for (const Header& header : record.headers) {
    json.BeginObject();
    json.Field("name", std::string_view(header.name));
    json.Field("value", std::string_view(header.value));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  line.pop_back();
  return line + ",\"value\":" + ValueLine(record.value) + "}";
}

Result<int> Tail(const Config& config, const TailOptions& options) {
  ScanOptions scan{.since = {}, .follow = options.follow};
  if (!options.since.empty()) {
    const auto since = ParseSince(options.since);
    if (!since.ok()) return WrongUsage(since.error().message);
    scan.since = *since;
  }
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadOnly));
  FRESHET_TRY(const std::string topic, FindTopic(config, *log, options.topic));
  std::uint64_t printed = 0;
  const auto print = [&](const TopicPartition& from, const Record& record) -> Result<bool> {
    if (options.has_key && record.key != options.key) return true;
    FRESHET_CHECK(PrintLine(options.records ? RecordLine(from, record) : ValueLine(record.value)));
    return ++printed != options.limit;
  };
  const auto flush = []() -> Result<bool> {
    if (std::fflush(stdout) == 0) return true;
    return MakeError(ErrorCode::kIo, "nobody reads the output any more");
  };
  FRESHET_CHECK(ScanTopic(*log, topic, scan, print, flush));
  return 0;
}

}  // namespace

void AddTailCommand(CommandLine& line) {
  const auto options = std::make_shared<TailOptions>();
  CLI::App& app = line.Add({.name = "tail",
                            .summary = "Reads a topic as JSON Lines, also beside a running instance",
                            .example = "freshet tail recommendations --key u-42 --follow"},
                           [options](const Config& config) { return Tail(config, *options); });
  app.add_option("TOPIC", options->topic, "Role (recommendations, dead-letters ...) or name of the topic")
      ->required();
  app.add_option_function<std::string>(
      "--key",
      [options](const std::string& key) {
        options->key = key;
        options->has_key = true;
      },
      "Only records with this key (a user or item id)");
  app.add_option("--since", options->since,
                 "Only records since then: RFC 3339, epoch milliseconds, or 10m for ten minutes ago");
  app.add_option("--limit", options->limit, "Stops after so many records");
  app.add_flag("--follow", options->follow, "Waits for more records at the end, until Ctrl-C");
  app.add_flag("--records", options->records, "Prints key, place, time and headers around each value");
}

}  // namespace freshet
