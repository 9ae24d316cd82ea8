#include "integration/kill/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "text_file.h"

namespace freshet::testing {
namespace {

int OpenForOutput(const std::filesystem::path& path) {
  return open(path.empty() ? "/dev/null" : path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  // Everything is made ready before fork: between it and exec only simple calls are safe.
  std::vector<char*> words = {const_cast<char*>("freshet")};
  for (const std::string& argument : command.arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  std::vector<std::string> texts;
  for (const auto& [name, value] : command.environment) texts.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);
  const int out = OpenForOutput(command.out);
  const int err = OpenForOutput(command.err);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execve(FRESHET_BINARY, words.data(), environment.data());
    _exit(127);
  }
  close(out);
  close(err);
}

ChildProcess::~ChildProcess() {
  if (!Alive()) return;
  Signal(SIGKILL);
  Wait();
}

void ChildProcess::Signal(int signal) const { kill(pid_, signal); }

bool ChildProcess::Alive() {
  if (code_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = CodeOf(status);
  return false;
}

int ChildProcess::Wait() {
  if (code_) return *code_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  code_ = CodeOf(status);
  return *code_;
}

Finished RunToEnd(const std::vector<std::string>& arguments, const std::filesystem::path& work) {
  const auto out = work / "command.out";
  const auto err = work / "command.err";
  std::filesystem::remove(out);
  std::filesystem::remove(err);
  ChildProcess child({arguments, {}, out, err});
  Finished finished;
  finished.exit_code = child.Wait();
  finished.out = ReadText(out);
  finished.err = ReadText(err);
  return finished;
}

}  // namespace freshet::testing
