#include "app/commands/commands.h"

namespace freshet {

void AddVersionCommand(CommandLine& line) {
  line.Add({.name = "version", .summary = "Prints the version", .example = "freshet version"},
           [](const Config&) -> Result<int> {
             FRESHET_CHECK(PrintLine("freshet " FRESHET_VERSION));
             return 0;
           });
}

}  // namespace freshet
