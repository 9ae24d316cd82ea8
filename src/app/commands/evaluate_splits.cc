// Protocols of `freshet evaluate` that learn from one file and test on another, or on the ends of lines.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/command_line.h"
#include "app/commands/commands.h"
#include "app/evaluate_options.h"
#include "evaluate/held_out.h"
#include "evaluate/leave_one_out.h"
#include "evaluate/rating_protocol.h"
#include "evaluate/session_protocol.h"

namespace freshet {
namespace {

/// The options of one protocol with those that all have.
template <typename Options>
struct SplitCommand {
  EvaluateCommandOptions common;
  Options options;
};

void AddSessions(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<SplitCommand<SessionProtocolOptions>>();
  CLI::App& app =
      line.AddTo(group,
                 {.name = "sessions",
                  .summary = "Learns sessions, then lets each prefix of other sessions predict its next item",
                  .example = "freshet evaluate sessions --train train.tsv --test test.tsv --json"},
                 [command](const Config& config) {
                   SessionProtocolOptions options = command->options;
                   options.repeats = command->common.repeats != "exclude";
                   return RunProtocol(config, command->common,
                                      [&](const EvaluationOptions& evaluation, const Clock& clock) {
                                        return EvaluateSessions(options, evaluation, clock);
                                      });
                 });
  app.add_option("--train", command->options.train, "Clicks with a header: SessionId, ItemId, Time")
      ->required();
  app.add_option("--test", command->options.test, "The same, of later sessions")->required();
  AddRepeatsOption(app, command->common,
                   "exclude: the current item is not ranked, and steps that repeat it are not scored");
  AddEvaluateOptions(app, command->common);
}

void AddLeaveOneOut(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<SplitCommand<LeaveOneOutOptions>>();
  CLI::App& app =
      line.AddTo(group,
                 {.name = "leave-one-out",
                  .summary = "Learns all but the last two items of each user, then predicts the last",
                  .example = "freshet evaluate leave-one-out --sequences sequences.txt --json"},
                 [command](const Config& config) {
                   return RunProtocol(config, command->common,
                                      [&](const EvaluationOptions& evaluation, const Clock& clock) {
                                        return EvaluateLeaveOneOut(command->options, evaluation, clock);
                                      });
                 });
  app.add_option("--sequences", command->options.sequences,
                 "Lines of item ids in order of time, one user a line")
      ->required();
  app.add_flag("--validation", command->options.validation, "Predicts the last item but one");
  AddEvaluateOptions(app, command->common);
}

void AddHeldOut(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<SplitCommand<HeldOutOptions>>();
  const auto order = std::make_shared<std::string>("shuffled");
  CLI::App& app =
      line.AddTo(group,
                 {.name = "held-out",
                  .summary = "Learns users' items, then ranks all others for each user at once",
                  .example = "freshet evaluate held-out --train train.txt --test test.txt --json"},
                 [command, order](const Config& config) {
                   HeldOutOptions options = command->options;
                   options.given_order = *order == "given";
                   return RunProtocol(config, command->common,
                                      [&](const EvaluationOptions& evaluation, const Clock& clock) {
                                        return EvaluateHeldOut(options, evaluation, clock);
                                      });
                 });
  app.add_option("--train", command->options.train,
                 "Lines of a user id and its item ids; or a table with the header user, item, time")
      ->required();
  app.add_option("--test", command->options.test, "Likewise")->required();
  app.add_option("--order", *order, "shuffled: a line's order means nothing; given: it is that of time")
      ->check(CLI::IsMember({"shuffled", "given"}));
  app.add_option("--seed", command->options.seed, "Of the shuffle");
  AddEvaluateOptions(app, command->common);
}

struct RatingsCommand {
  EvaluateCommandOptions common;
  std::string input;
  std::vector<std::string> train;
  std::string test;
  std::uint64_t limit = 0;
};

Result<int> RunRatings(const Config& config, const RatingsCommand& command) {
  if (command.input.empty() == command.test.empty() || command.train.empty() != command.test.empty()) {
    return WrongUsage("evaluate ratings: give --input, or --train and --test");
  }
  EvaluateCommandOptions common = command.common;
  common.as = "ratings";
  const auto input = InputOf(common);
  if (!input.ok()) return WrongUsage(input.error().message);
  RatingProtocolOptions options;
  options.limit = command.limit;
  options.test = *input;
  options.test.path = command.input.empty() ? command.test : command.input;
  options.test.times_optional = !command.train.empty();
  for (const std::string& path : command.train) {
    options.train.push_back(options.test);
    options.train.back().path = path;
  }
  return RunProtocol(config, common, [&](const EvaluationOptions& evaluation, const Clock& clock) {
    return EvaluateRatings(options, evaluation, clock);
  });
}

}  // namespace

void AddSplitProtocols(CommandLine& line, CLI::App& group) {
  AddSessions(line, group);
  AddLeaveOneOut(line, group);
  AddHeldOut(line, group);
}

void AddRatingsProtocol(CommandLine& line, CLI::App& group) {
  const auto command = std::make_shared<RatingsCommand>();
  CLI::App& app = line.AddTo(group,
                             {.name = "ratings",
                              .summary = "Predicts each rating, then learns it; or learns one file first",
                              .example = "freshet evaluate ratings --input u.data --format movielens"},
                             [command](const Config& config) { return RunRatings(config, *command); });
  app.add_option("--input", command->input,
                 "Ratings in order of time; also .gz or .zst; - is standard input");
  app.add_option("--train", command->train, "Ratings that are learned in one pass; may be repeated");
  app.add_option("--test", command->test, "Ratings that are predicted and not learned");
  AddInputOptions(app, command->common);
  app.remove_option(app.get_option("--as"));
  app.add_option("--limit", command->limit, "Stops after so many ratings");
  AddEvaluateOptions(app, command->common);
  app.remove_option(app.get_option("--model"));
}

}  // namespace freshet
