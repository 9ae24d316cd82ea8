#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace freshet::testing {

/// What to run: the program's arguments, further environment variables and where its output goes.
struct Command {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::filesystem::path out;  ///< appended to; empty: /dev/null
  std::filesystem::path err;
};

/// The program `freshet` as a child. Ends with this process, however that ends.
class ChildProcess final {
 public:
  explicit ChildProcess(const Command& command);
  /// Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Signal(int signal) const;
  bool Alive();
  /// Waits for its end: exit code, or 128 + signal.
  int Wait();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs `freshet` to its end; `work` is a folder for its output.
Finished RunToEnd(const std::vector<std::string>& arguments, const std::filesystem::path& work);

}  // namespace freshet::testing
