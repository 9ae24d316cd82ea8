#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "freshet/result.h"

namespace CLI {
class App;
}

namespace freshet {

/// Does a command's work. The number is the exit code; an error is shown and gives 1.
using CommandAction = std::function<Result<int>(const Config&)>;

struct CommandText {
  std::string name;
  std::string summary;
  std::string example;  ///< one command line that works
};

/// What the options that every command has were given.
struct ConfigNames {
  std::string file;     ///< --config
  std::string profile;  ///< --profile
  std::string data;     ///< --data
};

/// The tree of commands. Each has the options --config, --profile, --data and --set and a help text with one
/// example.
class CommandLine final {
 public:
  explicit CommandLine(CLI::App& root) : root_(root) {}
  /// A command below the program. The returned App takes the command's own options; what they write to must
  /// live as long as `action` (put it into a shared_ptr that the action holds).
  CLI::App& Add(const CommandText& text, CommandAction action);
  /// A name that only groups commands ("topics" of "topics list").
  CLI::App& AddGroup(const std::string& name, const std::string& summary);
  CLI::App& AddTo(CLI::App& group, const CommandText& text, CommandAction action);
  /// What to say when the words begin with a command that there is not; "" when they do not.
  std::string UnknownCommand(int argc, const char* const* argv) const;
  /// After parsing: loads the configuration and runs what was chosen.
  int RunChosen();

 private:
  struct Chosen {
    ConfigNames names;
    std::vector<std::string> settings;
    CommandAction action;
  };
  CLI::App& root_;
  std::vector<std::unique_ptr<Chosen>> commands_;
  Chosen* chosen_ = nullptr;
};

/// Exit code for wrong usage that only the command itself can see; says why on stderr.
int WrongUsage(const std::string& message);

/// A line on stderr, after "freshet: ".
void Say(const std::string& message);

/// Writes a line to stdout. kIo when nobody reads it any more.
Result<void> PrintLine(const std::string& line);

/// True where people watch stderr: progress is shown there only then.
bool WatchedByPeople();

}  // namespace freshet
