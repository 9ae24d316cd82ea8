#include "app/evaluate_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "app/command_line.h"
#include "app/progress.h"
#include "app/recommender_config.h"
#include "base/clock.h"
#include "base/format.h"
#include "rank/list_builder.h"

namespace freshet {
namespace {

constexpr const char* kHybrid = "hybrid";

constexpr std::string_view kNetwork = "next_item_net";
constexpr std::string_view kContent = "content";
constexpr std::string_view kSegments = "segments";
constexpr std::string_view kWholeHistory = "whole_history";

/// Names of the generators that a list can be made of without the others; the network, content, segments and
/// the whole history may be off.
std::vector<std::string> GeneratorNames() {
  RankOptions all;
  all.next_item_net = true;
  all.content = true;
  all.segments = true;
  all.whole_history = true;
  const ListBuilder builder{all};
  std::vector<std::string> names;
  for (const GeneratorInfo& generator : builder.Generators()) names.emplace_back(generator.name);
  return names;
}

Result<EvaluationOptions> EvaluationOptionsOf(const Config& config, const EvaluateCommandOptions& given) {
  EvaluationOptions options;
  options.recommender = RecommenderOptionsOf(config);
  options.model = given.model;
  options.save_scores = given.save_scores;
  if (given.model == kHybrid) return options;
  std::string name = given.model;
  std::replace(name.begin(), name.end(), '-', '_');
  const std::vector<std::string> names = GeneratorNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("--model {}: there are {}, {}", given.model,
                                                              kHybrid, fmt::join(names, ", ")));
  }
  if (name == kNetwork) options.recommender.next_item_net = true;
  if (name == kSegments) options.recommender.segments = true;
  if (name == kWholeHistory) options.recommender.user.rank.whole_history = true;
  if (name == kContent) options.recommender.content = true;
  options.recommender.user.rank.only_generator = name;
  options.recommender.user.mix_learn_batch = 0;  // nobody would read what it learns
  return options;
}

}  // namespace

void AddEvaluateOptions(CLI::App& app, EvaluateCommandOptions& options) {
  app.add_option("--model", options.model,
                 fmt::format("{}, or one generator alone: {}", kHybrid, fmt::join(GeneratorNames(), ", ")));
  app.add_option("--save-scores", options.save_scores,
                 "File for the rank of each target (0: a miss) or each predicted rating, tab-separated, "
                 "compressed by its ending");
  app.add_flag("--json", options.json, "Prints one JSON object");
}

void AddInputOptions(CLI::App& app, EvaluateCommandOptions& options) {
  app.add_option("--format", options.input.format,
                 "tsv (header: user or SessionId, item, time, and perhaps value), jsonl (our own events), or "
                 "one of `freshet import --list`");
  app.add_option("--as", options.as, "What a rated line is: clicks (one positive event) or ratings")
      ->check(CLI::IsMember({"clicks", "ratings"}));
  app.add_option("--scale", options.scale, "Lowest and highest rating, as 1:5");
}

void AddRepeatsOption(CLI::App& app, EvaluateCommandOptions& options, const std::string& help) {
  app.add_option("--repeats", options.repeats, help)->check(CLI::IsMember({"exclude", "allow"}));
}

Result<EventSourceOptions> InputOf(const EvaluateCommandOptions& options) {
  EventSourceOptions input = options.input;
  input.as = options.as == "ratings" ? ReadAs::kRatings : ReadAs::kClicks;
  const bool read = std::sscanf(options.scale.c_str(), "%lf:%lf", &input.rating_min, &input.rating_max) == 2;
  if (read && input.rating_min < input.rating_max) return input;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("--scale {}: write the lowest and the highest rating, as in 1:5", options.scale));
}

Result<int> RunProtocol(const Config& config, const EvaluateCommandOptions& given, const Protocol& protocol) {
  auto options = EvaluationOptionsOf(config, given);
  if (!options.ok()) return WrongUsage(options.error().message);
  Progress progress("events");
  options->progress = [&progress](std::uint64_t events) { progress.Show(events); };
  FRESHET_TRY(const EvaluationReport report, protocol(*options, SystemClock()));
  FRESHET_CHECK(PrintLine(given.json ? ReportJson(report) : ReportTable(report)));
  return 0;
}

}  // namespace freshet
