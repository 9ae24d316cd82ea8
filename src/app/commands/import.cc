#include <CLI/CLI.hpp>
#include <memory>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/progress.h"
#include "base/format.h"
#include "codec/event_fields.h"
#include "codec/json_writer.h"
#include "config/topics.h"
#include "connectors/file/lines.h"
#include "import/importer.h"

namespace freshet {
namespace {

struct ImportCommandOptions {
  std::string format;
  std::string path;
  std::string output = "-";
  std::string topic;
  ImportOptions import;
  bool list = false;
  bool json = false;
};

Result<int> ListFormats() {
  for (const ImportFormat& format : ImportFormats()) {
    FRESHET_CHECK(PrintLine(fmt::format("{:<16} {}", format.name, format.description)));
  }
  return 0;
}

std::string ReportJson(const ImportReport& report, std::uint64_t written) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Field("written", written);
  json.Field("lines", report.lines);
  json.Field("events", report.events);
  json.Field("items", report.items);
  json.Field("bad_lines", report.bad_lines);
  json.Key("skipped");
  json.BeginObject();
  for (const auto& [reason, count] : report.skipped) json.Field(reason, count);
  json.EndObject();
  json.EndObject();
  return text;
}

// Talk goes to stderr, so that the events themselves may go to stdout.
void Tell(const ImportReport& report, std::uint64_t written) {
  for (const std::string& message : report.bad_line_messages) Say(message);
  for (const auto& [reason, count] : report.skipped) Say(fmt::format("left out {} lines: {}", count, reason));
  Say(fmt::format("wrote {} events from {} lines", written, report.lines));
}

Result<int> Import(const ImportCommandOptions& options) {
  if (options.list) return ListFormats();
  if (options.format.empty() || options.path.empty())
    return WrongUsage("import: name a FORMAT and a PATH, or --list");
  if (!options.topic.empty() && !IsInputRole(options.topic)) {
    return WrongUsage("--topic: write interactions, ratings, feedback, catalogue or profiles");
  }
  const auto importer = MakeImporter(options.format, options.import);
  if (!importer.ok()) return WrongUsage(importer.error().message);
  FRESHET_TRY(auto input, LineReader::Open(options.path));
  FRESHET_TRY(auto output, LineWriter::Open(options.output));
  Progress progress("events written");
  std::uint64_t written = 0;
  const auto next = [&](std::string& line) -> Result<bool> {
    FRESHET_TRY(const auto read, input.Next());
    if (read) line.assign(*read);
    return read.has_value();
  };
  const auto write = [&](const Event& event) -> Result<void> {
    const std::string_view role = TopicRoleOf(event);
    const bool wanted = options.topic.empty() ? role != "catalogue" : role == options.topic;
    const auto value = wanted ? EncodeEventValue(event) : std::nullopt;
    if (!value) return {};
    progress.Show(++written);
    return output.Write(*value);
  };
  const auto imported = RunImport(**importer, next, write, options.import);
  if (!imported.ok()) return imported.error().Within(options.path);
  const ImportReport& report = *imported;
  FRESHET_CHECK(output.Close());
  if (options.json && options.output != "-") {
    FRESHET_CHECK(PrintLine(ReportJson(report, written)));
  } else {
    Tell(report, written);
  }
  return 0;
}

}  // namespace

void AddImportCommand(CommandLine& line) {
  const auto options = std::make_shared<ImportCommandOptions>();
  CLI::App& app = line.Add({.name = "import",
                            .summary = "Turns a public data set into our events, as JSON Lines",
                            .example = "freshet import movielens ml-100k/u.data --output ratings.jsonl.zst"},
                           [options](const Config&) { return Import(*options); });
  app.add_option("FORMAT", options->format, "A name of --list");
  app.add_option("PATH", options->path, "File, also .gz or .zst; - is standard input");
  app.add_option("--output", options->output,
                 "File, compressed where it ends in .gz or .zst; - is standard output");
  app.add_option(
      "--topic", options->topic,
      "Only events of this topic; without it all but the catalogue's, which go to a file of their own");
  app.add_option("--limit", options->import.events_max, "Stops after so many interactions or ratings");
  app.add_option("--bad-lines", options->import.bad_lines_max,
                 "Bad lines that are left out before the import fails");
  app.add_flag("--list", options->list, "Lists the formats");
  app.add_flag("--json", options->json,
               "Prints the counts as one JSON object, where the events go to a file");
}

}  // namespace freshet
