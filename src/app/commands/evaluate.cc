#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/progress.h"
#include "app/recommender_config.h"
#include "base/clock.h"
#include "base/format.h"
#include "evaluate/prequential.h"
#include "rank/list_builder.h"

namespace freshet {
namespace {

constexpr const char* kHybrid = "hybrid";

/// What every protocol takes.
struct CommonOptions {
  std::string model = kHybrid;
  std::string save_scores;
  std::string repeats;
  std::string as = "clicks";
  std::string scale = "1:5";
  EventSourceOptions input;
  bool json = false;
};

/// Names of the generators that a mix is made of.
std::vector<std::string> GeneratorNames() {
  const ListBuilder builder{RankOptions{}};
  std::vector<std::string> names;
  for (const GeneratorInfo& generator : builder.Generators()) names.emplace_back(generator.name);
  return names;
}

Result<EvaluationOptions> EvaluationOptionsOf(const Config& config, const CommonOptions& common) {
  EvaluationOptions options;
  options.recommender = RecommenderOptionsOf(config);
  options.model = common.model;
  options.save_scores = common.save_scores;
  if (common.model == kHybrid) return options;
  std::string name = common.model;
  std::replace(name.begin(), name.end(), '-', '_');
  const std::vector<std::string> names = GeneratorNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("--model {}: there are {}, {}", common.model,
                                                              kHybrid, fmt::join(names, ", ")));
  }
  options.recommender.user.rank.only_generator = static_cast<std::size_t>(found - names.begin());
  options.recommender.user.mix_learn_fraction = 0;  // nobody would read what it learns
  return options;
}

Result<void> ReadScale(const std::string& text, EventSourceOptions& to) {
  if (std::sscanf(text.c_str(), "%lf:%lf", &to.rating_min, &to.rating_max) == 2 &&
      to.rating_min < to.rating_max) {
    return {};
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("--scale {}: write the lowest and the highest rating, as in 1:5", text));
}

Result<EventSourceOptions> InputOf(const CommonOptions& common) {
  EventSourceOptions input = common.input;
  input.as = common.as == "ratings" ? ReadAs::kRatings : ReadAs::kClicks;
  FRESHET_CHECK(ReadScale(common.scale, input));
  return input;
}

Result<int> Print(const Result<EvaluationReport>& report, bool json) {
  if (!report.ok()) return report.error();
  FRESHET_CHECK(PrintLine(json ? ReportJson(*report) : ReportTable(*report)));
  return 0;
}

void AddCommonOptions(CLI::App& app, CommonOptions& options) {
  app.add_option("--model", options.model,
                 fmt::format("{}, or one generator alone: {}", kHybrid, fmt::join(GeneratorNames(), ", ")));
  app.add_option("--save-scores", options.save_scores,
                 "File for the rank of each target (0: a miss), tab-separated, compressed by its ending");
  app.add_flag("--json", options.json, "Prints one JSON object");
}

void AddInputOptions(CLI::App& app, CommonOptions& options) {
  app.add_option("--format", options.input.format,
                 "tsv (header: user or SessionId, item, time, and perhaps value), or one of `freshet import "
                 "--list`");
  app.add_option("--as", options.as, "What a rated line is: clicks (one positive event) or ratings")
      ->check(CLI::IsMember({"clicks", "ratings"}));
  app.add_option("--scale", options.scale, "Lowest and highest rating, as 1:5");
}

struct PrequentialCommand {
  CommonOptions common;
  PrequentialOptions prequential;
  double from_quantile = -1;
};

Result<int> RunPrequential(const Config& config, const PrequentialCommand& command) {
  auto options = EvaluationOptionsOf(config, command.common);
  if (!options.ok()) return WrongUsage(options.error().message);
  const auto input = InputOf(command.common);
  if (!input.ok()) return WrongUsage(input.error().message);
  PrequentialOptions prequential = command.prequential;
  prequential.input = *input;
  prequential.repeats = command.common.repeats.empty() ? config.publish.repeats == Repeats::kAllow
                                                       : command.common.repeats == "allow";
  if (command.from_quantile >= 0) prequential.from_quantile = command.from_quantile;
  Progress progress("events");
  options->progress = [&progress](std::uint64_t events) { progress.Show(events); };
  return Print(EvaluatePrequential(prequential, *options, SystemClock()), command.common.json);
}

void AddPrequential(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<PrequentialCommand>();
  CLI::App& app = line.AddTo(group,
                             {.name = "prequential",
                              .summary = "Ranks before each event, then learns it",
                              .example = "freshet evaluate prequential --input clicks.tsv.zst --json"},
                             [command](const Config& config) { return RunPrequential(config, *command); });
  CommonOptions& common = command->common;
  app.add_option("--input", common.input.path,
                 "Events in order of time; also .gz or .zst; - is standard input")
      ->required();
  AddInputOptions(app, common);
  app.add_option("--repeats", common.repeats,
                 "exclude: items of the user's past are neither ranked nor scored; allow: they are")
      ->check(CLI::IsMember({"exclude", "allow"}));
  PrequentialOptions& prequential = command->prequential;
  app.add_option("--warm-up", prequential.warm_up, "Events that are learned before the first is scored");
  app.add_option("--from-quantile", command->from_quantile,
                 "Scores only events later than this part of all, as 0.9")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--every", prequential.every, "Scores each so manieth event; all are learned")
      ->check(CLI::PositiveNumber);
  app.add_option("--limit", prequential.limit, "Stops after so many events");
  app.add_option("--batch", prequential.batch, "Events that are ranked and then learned together")
      ->check(CLI::PositiveNumber);
  AddCommonOptions(app, common);
}

}  // namespace

void AddEvaluateCommands(CommandLine& line) {
  CLI::App& group = line.AddGroup("evaluate", "Measures the recommendations on recorded events");
  AddPrequential(line, group);
}

}  // namespace freshet
