#include "app/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/format.h"
#include "base/logging.h"
#include "config/load.h"
#include "config/nearest.h"

namespace freshet {
namespace {

/// Where profiles lie: beside the program's sources or in the container.
Result<std::string> FindProfile(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (name.ends_with(".toml")) return name;
  const std::string file = name + ".toml";
  std::vector<fs::path> places;
  fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    places.push_back(folder / "config" / "profiles" / file);
  }
  places.push_back(fs::path("config") / "profiles" / file);
  places.push_back(fs::path("/etc/freshet/profiles") / file);
  for (const fs::path& place : places) {
    if (fs::exists(place, ignored)) return place.string();
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("--profile {}: no {} in config/profiles beside the program, here or in "
                               "/etc/freshet/profiles; name a file that ends in .toml",
                               name, file));
}

Result<ConfigSources> SourcesOf(const ConfigNames& names, const std::vector<std::string>& settings) {
  ConfigSources sources;
  sources.file = names.file;
  sources.environment = FreshetEnvironment();
  if (!names.profile.empty()) {
    FRESHET_TRY(sources.profile, FindProfile(names.profile));
  }
  if (!names.data.empty()) sources.settings.emplace_back("data.dir", names.data);
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("--set {}: write key=value, as in --set publish.k=10", setting));
    }
    sources.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return sources;
}

}  // namespace

CLI::App& CommandLine::Add(const CommandText& text, CommandAction action) {
  return AddTo(root_, text, std::move(action));
}

CLI::App& CommandLine::AddGroup(const std::string& name, const std::string& summary) {
  CLI::App& group = *root_.add_subcommand(name, summary);
  group.require_subcommand(1);
  group.footer(fmt::format("`freshet {} COMMAND --help` shows a command's options and an example.", name));
  return group;
}

CLI::App& CommandLine::AddTo(CLI::App& group, const CommandText& text, CommandAction action) {
  Chosen& command = *commands_.emplace_back(std::make_unique<Chosen>());
  command.action = std::move(action);
  CLI::App& app = *group.add_subcommand(text.name, text.summary);
  app.footer("Example:\n  " + text.example);
  app.add_option("--config", command.names.file,
                 "Configuration, a TOML file (config/freshet.toml shows all keys)")
      ->envname("FRESHET_CONFIG");
  app.add_option("--profile", command.names.profile,
                 "What fits a kind of data, before --config: a name of config/profiles (ratings, clicks, "
                 "sessions) or a file");
  app.add_option("--data", command.names.data,
                 "Directory of state and embedded log; short for --set data.dir=DIR");
  app.add_option("--set", command.settings,
                 "Overrides a key of the configuration: KEY=VALUE; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  app.callback([this, chosen = &command] { chosen_ = chosen; });
  return app;
}

std::string CommandLine::UnknownCommand(int argc, const char* const* argv) const {
  const CLI::App* group = &root_;
  std::string path;  // of the group, with a space behind
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::string word = argv[i];
    const CLI::App* found = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* command : static_cast<const CLI::App*>(group)->get_subcommands(nullptr)) {
      names.push_back(command->get_name());
      if (names.back() == word) found = command;
    }
    if (names.empty()) return "";
    if (found == nullptr) {
      const std::string nearest = Nearest(word, names);
      return nearest.empty()
                 ? fmt::format("\"{}{}\" is no command; there are {}", path, word, fmt::join(names, ", "))
                 : fmt::format("\"{}{}\" is no command; did you mean \"{}{}\"?", path, word, path, nearest);
    }
    group = found;
    path += word + " ";
  }
  return "";
}

int CommandLine::RunChosen() {
  const auto sources = SourcesOf(chosen_->names, chosen_->settings);
  if (!sources.ok()) return WrongUsage(sources.error().message);
  const auto config = LoadConfig(*sources);
  if (!config.ok()) {
    Say("the configuration cannot be used:\n" + config.error().message);
    return 1;
  }
  ConfigureLogging(config->log.level, config->log.format);
  const auto code = chosen_->action(*config);
  const bool flushed = std::fflush(stdout) == 0;
  if (!code.ok()) {
    Say(code.error().message);
    return 1;
  }
  return flushed ? *code : 1;
}

int WrongUsage(const std::string& message) {
  Say(message);
  return 2;
}

void Say(const std::string& message) { std::fprintf(stderr, "freshet: %s\n", message.c_str()); }

Result<void> PrintLine(const std::string& line) {
  const bool written =
      std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fputc('\n', stdout) != EOF;
  if (written) return {};
  return MakeError(ErrorCode::kIo, fmt::format("cannot write to stdout: {}", std::strerror(errno)));
}

bool WatchedByPeople() { return isatty(STDERR_FILENO) == 1; }

}  // namespace freshet
