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
  std::size_t k = 20;
  bool explain = false;
};

using Answer = Result<std::optional<std::string>>;

/// What an instance said; absent: it does not know the id.
Answer Understood(const std::string& address, const HttpResponse& answer) {
  if (answer.status == 200) return std::optional(answer.body);
  if (answer.status == 404) return std::optional<std::string>();
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

Result<int> Recommend(const Config& config, const QueryOptions& options) {
  const std::string target = fmt::format("/v1/users/{}/recommendations?k={}&explain={}",
                                         PercentEncode(options.id), options.k, options.explain);
  const auto from_data = [&](DirectoryQueries& data) {
    return data.Recommend(options.id, options.k, options.explain);
  };
  return Show(Ask(config, target, from_data), fmt::format("user \"{}\"", options.id));
}

Result<int> Similar(const Config& config, const QueryOptions& options) {
  const std::string target = fmt::format("/v1/items/{}/similar?k={}", PercentEncode(options.id), options.k);
  const auto from_data = [&](DirectoryQueries& data) { return data.Similar(options.id, options.k); };
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
  app.add_option("--k", options->k, "Items in the list (default 20)")->check(CLI::Range(1, 200));
  app.add_flag("--explain", options->explain, "With parts of the scores, reasons and evidence");
}

void AddSimilarCommand(CommandLine& line) {
  const auto options = std::make_shared<QueryOptions>();
  CLI::App& app = line.Add({.name = "similar",
                            .summary = "Items that come with this one",
                            .example = "freshet similar --item sku:85048 --k 5"},
                           [options](const Config& config) { return Similar(config, *options); });
  app.add_option("--item", options->id, "Id of the item")->required();
  app.add_option("--k", options->k, "Items in the list (default 20)")->check(CLI::Range(1, 200));
}

}  // namespace freshet
