#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands/commands.h"
#include "config/fields.h"

namespace freshet {

void AddConfigCommand(CommandLine& line) {
  const auto reference = std::make_shared<bool>(false);
  CLI::App& app = line.Add({.name = "config",
                            .summary = "Checks the configuration and prints what is in force, secrets hidden",
                            .example = "freshet config --config freshet.toml --set publish.k=10"},
                           [reference](const Config& config) -> Result<int> {
                             std::string text = *reference ? ReferenceToml() : EffectiveToml(config);
                             text.pop_back();  // PrintLine ends the last line
                             FRESHET_CHECK(PrintLine(text));
                             return 0;
                           });
  app.add_flag("--reference", *reference, "Prints config/freshet.toml: every key with default and comment");
}

}  // namespace freshet
