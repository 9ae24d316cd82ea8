#pragma once

#include <functional>
#include <string>

#include "config/config.h"
#include "evaluate/evaluation.h"
#include "freshet/result.h"

namespace CLI {
class App;
}

namespace freshet {

/// What the protocols of `freshet evaluate` have in common, as the command line gives it.
struct EvaluateCommandOptions {
  std::string model = "hybrid";
  std::string save_scores;
  std::string repeats;  ///< empty: not given
  std::string as = "clicks";
  std::string scale = "1:5";
  EventSourceOptions input;
  bool json = false;
};

/// --model, --save-scores, --json.
void AddEvaluateOptions(CLI::App& app, EvaluateCommandOptions& options);
/// --format, --as, --scale.
void AddInputOptions(CLI::App& app, EvaluateCommandOptions& options);
/// --repeats exclude|allow.
void AddRepeatsOption(CLI::App& app, EvaluateCommandOptions& options, const std::string& help);

/// The input as its options say; the path is not theirs. An error is wrong usage.
Result<EventSourceOptions> InputOf(const EvaluateCommandOptions& options);

using Protocol = std::function<Result<EvaluationReport>(const EvaluationOptions&, const Clock&)>;
/// Runs it with the recommender that the configuration describes, shows progress, prints the report.
Result<int> RunProtocol(const Config& config, const EvaluateCommandOptions& options,
                        const Protocol& protocol);

}  // namespace freshet
