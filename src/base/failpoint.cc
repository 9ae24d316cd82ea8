#include "base/failpoint.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <string>

#include "base/logging.h"

namespace freshet {
namespace {

struct Trigger {
  std::string point;
  std::uint64_t nth = 1;
  std::string action;
  std::atomic<std::uint64_t> passed{0};
};

class Triggers {
 public:
  explicit Triggers(const char* specification) {
    std::string_view rest = specification == nullptr ? "" : specification;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      Parse(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
  }
  bool empty() const { return triggers_.empty(); }
  void Pass(std::string_view point) {
    for (Trigger& trigger : triggers_) {
      if (trigger.point == point && trigger.passed.fetch_add(1) + 1 == trigger.nth) Act(trigger);
    }
  }

 private:
  void Parse(std::string_view text) {
    const std::size_t first = text.find(':');
    const std::size_t last = text.rfind(':');
    if (first == std::string_view::npos || first == last) {
      LogError("FRESHET_FAIL is not point:nth:action and is ignored", {{"value", text}});
      return;
    }
    Trigger& trigger = triggers_.emplace_back();
    trigger.point = text.substr(0, first);
    trigger.nth = std::strtoull(std::string(text.substr(first + 1, last - first - 1)).c_str(), nullptr, 10);
    trigger.action = text.substr(last + 1);
  }
  static void Act(const Trigger& trigger) {
    LogWarn("failpoint reached", {{"point", trigger.point}, {"action", trigger.action}});
    if (trigger.action == "kill") ::kill(::getpid(), SIGKILL);
    if (trigger.action == "stop") ::kill(::getpid(), SIGSTOP);
    if (trigger.action == "exit") ::_exit(3);
  }
  std::deque<Trigger> triggers_;
};

}  // namespace

void Failpoint(std::string_view point) {
  static Triggers triggers(std::getenv("FRESHET_FAIL"));
  if (!triggers.empty()) triggers.Pass(point);
}

}  // namespace freshet
