#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "app/address_file.h"
#include "app/commands/commands.h"
#include "app/queries.h"
#include "base/format.h"
#include "serve/http_client.h"
#include "serve/url.h"

namespace freshet {
namespace {

struct QueryOptions {
  std::string id;
  ListQuestion question{.k = 20, .explain = false};
};

using Answer = Result<std::optional<std::string>>;

/// What an instance said; absent: it does not know the id.
Answer Understood(const std::string& address, const HttpResponse& answer) {
  if (answer.status == 200) return std::optional(answer.body);
  if (answer.status == 404) return std::optional<std::string>();
  if (answer.status == 400) return MakeError(ErrorCode::kInvalidArgument, ErrorMessageOf(answer));
  return MakeError(ErrorCode::kUnavailable, fmt::format("the instance at {} answered {}: {}", address,
                                                        answer.status, ErrorMessageOf(answer)));
}

/// From the running instance or, where none holds the directory, from that.
Answer Ask(const Config& config, const std::string& target,
           const std::function<Answer(DirectoryQueries&)>& from_data) {
  if (const auto address = RunningAddress(config)) {
    const auto answer = Fetch({.address = *address, .target = target});
    if (answer.ok()) return Understood(*address, *answer);
    if (answer.error().code != ErrorCode::kUnavailable) return answer.error();
  }
  FRESHET_TRY(const auto queries, DirectoryQueries::Open(config));
  return from_data(*queries);
}

Result<int> Show(const Answer& answer, const std::string& what) {
  if (!answer.ok()) return answer.error();
  if (!answer->has_value()) {
    Say(fmt::format("{} is not known: has an event about it been sent?", what));
    return 1;
  }
  FRESHET_CHECK(PrintLine(**answer));
  return 0;
}

/// What is asked for beyond the ordinary.
std::string FurtherParameters(const ListQuestion& question) {
  std::string parameters;
  if (!question.strategy.empty()) parameters += "&strategy=" + PercentEncode(question.strategy);
  if (question.counterfactuals) parameters += "&counterfactuals=true";
  if (!question.without.empty())
    parameters += "&without=" + PercentEncode(fmt::format("{}", fmt::join(question.without, ",")));
  return parameters;
}

Result<int> Recommend(const Config& config, const QueryOptions& options) {
  const std::string target =
      fmt::format("/v1/users/{}/recommendations?k={}&explain={}{}", PercentEncode(options.id),
                  options.question.k, options.question.explain, FurtherParameters(options.question));
  const auto from_data = [&](DirectoryQueries& data) { return data.Recommend(options.id, options.question); };
  return Show(Ask(config, target, from_data), fmt::format("user \"{}\"", options.id));
}

Result<int> Similar(const Config& config, const QueryOptions& options) {
  const std::string target = fmt::format("/v1/items/{}/similar?k={}{}", PercentEncode(options.id),
                                         options.question.k, FurtherParameters(options.question));
  const auto from_data = [&](DirectoryQueries& data) { return data.Similar(options.id, options.question); };
  return Show(Ask(config, target, from_data), fmt::format("item \"{}\"", options.id));
}

}  // namespace

void AddRecommendCommand(CommandLine& line) {
  const auto options = std::make_shared<QueryOptions>();
  CLI::App& app =
      line.Add({.name = "recommend",
                .summary = "A user's list now, from the running instance or, where none runs, from its data",
                .example = "freshet recommend --user 13085 --k 5 --explain"},
               [options](const Config& config) { return Recommend(config, *options); });
  app.add_option("--user", options->id, "Id of the user")->required();
  app.add_option("--k", options->question.k, "Items in the list (default 20)")->check(CLI::Range(1, 200));
  app.add_option("--strategy", options->question.strategy,
                 "for_you (default), similar, also_bought, complements, next_in_session, trending, new or "
                 "continue");
  app.add_option(
         "--without", options->question.without,
         "Events (event_id, or topic/partition/offset) or items: the list as if the user had not had them")
      ->delimiter(',');
  app.add_flag("--counterfactuals", options->question.counterfactuals,
               "With what would stand in each item's place without the evidence of its first reason");
  app.add_flag("--explain", options->question.explain, "With parts of the scores, reasons and evidence");
}

void AddSimilarCommand(CommandLine& line) {
  const auto options = std::make_shared<QueryOptions>();
  CLI::App& app = line.Add({.name = "similar",
                            .summary = "Items that come with this one",
                            .example = "freshet similar --item sku:85048 --k 5"},
                           [options](const Config& config) { return Similar(config, *options); });
  app.add_option("--item", options->id, "Id of the item")->required();
  app.add_option("--k", options->question.k, "Items in the list (default 20)")->check(CLI::Range(1, 200));
  app.add_option("--strategy", options->question.strategy,
                 "What goes with it how: similar, also_bought, complements or next_in_session (default: its "
                 "neighbours)");
}

}  // namespace freshet
