#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "text_file.h"

namespace freshet {

struct ProgramResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// A directory of its own for one test, and the program run in it.
class Workplace final {
 public:
  Workplace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-cli-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Workplace() { std::filesystem::remove_all(root_); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::filesystem::path Path(const std::string& name) const { return root_ / name; }

  /// Runs the program to its end with this text on standard input.
  ProgramResult Run(const std::vector<std::string>& arguments, const std::string& input = "",
                    const std::map<std::string, std::string>& environment = {}) const {
    return Await(Start(arguments, input, environment));
  }

  /// The program's process, while it runs; one at a time.
  pid_t Start(const std::vector<std::string>& arguments, const std::string& input = "",
              const std::map<std::string, std::string>& environment = {}) const {
    WriteText(Path("stdin"), input);
    const pid_t child = fork();
    if (child == 0) Become(arguments, environment);
    return child;
  }

  ProgramResult Await(pid_t child) const {
    int status = 0;
    waitpid(child, &status, 0);
    ProgramResult result;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = ReadText(Path("stdout"));
    result.err = ReadText(Path("stderr"));
    return result;
  }

 private:
  [[noreturn]] void Become(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment) const {
    dup2(open(Path("stdin").c_str(), O_RDONLY), STDIN_FILENO);
    dup2(open(Path("stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(Path("stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    if (chdir(root_.c_str()) != 0) _exit(126);
    for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> words = {const_cast<char*>("freshet")};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    execv(FRESHET_BINARY, words.data());
    _exit(127);
  }

  std::filesystem::path root_;
};

}  // namespace freshet
