#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/evaluate_options.h"
#include "evaluate/prequential.h"

namespace freshet {
namespace {

struct StreamCommand {
  EvaluateCommandOptions common;
  PrequentialOptions prequential;
  std::optional<double> quantile;
};

using StreamProtocol = Result<EvaluationReport> (*)(const PrequentialOptions&, const EvaluationOptions&,
                                                    const Clock&);

Result<int> RunStream(const Config& config, const StreamCommand& command, StreamProtocol protocol) {
  const auto input = InputOf(command.common);
  if (!input.ok()) return WrongUsage(input.error().message);
  PrequentialOptions options = command.prequential;
  options.input = *input;
  options.from_quantile = command.quantile;
  options.repeats = command.common.repeats.empty() ? config.publish.repeats == Repeats::kAllow
                                                   : command.common.repeats == "allow";
  return RunProtocol(config, command.common, [&](const EvaluationOptions& evaluation, const Clock& clock) {
    return protocol(options, evaluation, clock);
  });
}

void AddStreamOptions(CLI::App& app, StreamCommand& command) {
  app.add_option("--input", command.common.input.path,
                 "Events in order of time; also .gz or .zst; - is standard input")
      ->required();
  AddInputOptions(app, command.common);
  AddRepeatsOption(app, command.common,
                   "exclude: items of the user's past are neither ranked nor scored; allow: they are. "
                   "Default: publish.repeats");
  app.add_option("--every", command.prequential.every, "Scores each so manieth event; all are learned")
      ->check(CLI::PositiveNumber);
  app.add_option("--limit", command.prequential.limit, "Stops after so many events");
  app.add_option("--batch", command.prequential.batch, "Events that are ranked and then learned together")
      ->check(CLI::PositiveNumber);
  app.add_flag("--parts", command.prequential.parts,
               "Also gives the hits of each generator alone, in all and in each tenth of the scored events");
  AddEvaluateOptions(app, command.common);
}

void AddPrequential(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<StreamCommand>();
  CLI::App& app = line.AddTo(
      group,
      {.name = "prequential",
       .summary = "Ranks before each event, then learns it",
       .example = "freshet evaluate prequential --input clicks.tsv.zst --json"},
      [command](const Config& config) { return RunStream(config, *command, &EvaluatePrequential); });
  AddStreamOptions(app, *command);
  app.add_option("--warm-up", command->prequential.warm_up,
                 "Events that are learned before the first is scored");
  app.add_flag("--cold-start", command->prequential.cold_start,
               "Scores only events of users after 0, 1, 3 and 5 events, and of items with fewer than 20");
  app.add_option("--from-quantile", command->quantile,
                 "Scores only events later than this part of all, as 0.9; reads the file twice")
      ->check(CLI::Range(0.0, 1.0));
}

void AddTemporal(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<StreamCommand>();
  CLI::App& app =
      line.AddTo(group,
                 {.name = "temporal",
                  .summary = "Learns up to a moment, then scores every later event with all before it",
                  .example = "freshet evaluate temporal --input ratings.tsv --quantile 0.9 --json"},
                 [command](const Config& config) { return RunStream(config, *command, &EvaluateTemporal); });
  AddStreamOptions(app, *command);
  app.add_option("--quantile", command->quantile, "The moment: the part of the events up to it")
      ->required()
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--frozen", command->prequential.frozen,
               "The item model stays as it is at that moment; users' histories go on");
}

}  // namespace

void AddEvaluateCommands(CommandLine& line) {
  CLI::App& group = line.AddGroup("evaluate", "Measures the recommendations on recorded events");
  AddRatingsProtocol(line, group);
  AddPrequential(line, group);
  AddTemporal(line, group);
  AddSplitProtocols(line, group);
}

}  // namespace freshet
