#include "app/program.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/command_line.h"
#include "app/commands/commands.h"

namespace freshet {
namespace {

constexpr int kUsage = 2;

int Parse(CLI::App& app, const CommandLine& line, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& e) {
    const std::string unknown = e.get_exit_code() == 0 ? "" : line.UnknownCommand(argc, argv);
    if (!unknown.empty()) return WrongUsage(unknown);
    return app.exit(e) == 0 ? -1 : kUsage;  // -1: help was asked for and shown
  }
}

int RunChecked(int argc, const char* const* argv) {
  CLI::App app("Freshet: a streaming recommender. Events in, refreshed and explained recommendations out.",
               "freshet");
  app.set_version_flag("--version", "freshet " FRESHET_VERSION);
  app.require_subcommand(1);
  app.footer("`freshet COMMAND --help` shows a command's options and an example.");
  CommandLine line(app);
  AddAllCommands(line);
  const int parsed = Parse(app, line, argc, argv);
  if (parsed != 0) return parsed < 0 ? 0 : parsed;
  return line.RunChosen();
}

}  // namespace

int RunProgram(int argc, const char* const* argv) {
  // A reader that goes away early (| head) ends the command by a failed write, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return RunChecked(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "freshet: %s\n", e.what());
    return 1;
  }
}

}  // namespace freshet
