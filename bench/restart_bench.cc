// bench_restart embedded|kafka=HOST:PORT [--users N] [--items N] [--events N]
//
// Runs the service in a process of its own until every user has state, kills it with -9 in the middle of its
// work and starts it again: back_s is the time from the kill to the first batch committed after it. Then the
// state on disk is removed: restore_s is the time from start to ready, with the state read from the
// changelogs. Memory is that of the process when all events are through. Figures come line by line.

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "app/log_factory.h"
#include "app/service.h"
#include "codec/time.h"
#include "events.h"
#include "support.h"

namespace freshet::bench {
namespace {

constexpr const char* kUsage = "bench_restart embedded|kafka=HOST:PORT [--users N] [--items N] [--events N]";
constexpr std::chrono::milliseconds kLook{2};

/// Every user once, then every user again; items drawn evenly, so that all of them get a model.
class EvenEvents final : public EventSource {
 public:
  EvenEvents(std::uint64_t users, std::uint64_t items) : users_(users), items_(items), random_(3) {}
  InputEvent Next() override {
    InputEvent event;
    event.user_id = fmt::format("user-{:08}", number_ % users_);
    event.value =
        fmt::format(R"({{"event_id":"even-{:012}","user_id":"{}","item_id":"item-{:07}","type":"click",)"
                    R"("occurred_at":"{}"}})",
                    number_, event.user_id, random_.Below(items_),
                    TimestampToRfc3339({1'750'000'000'000 + static_cast<std::int64_t>(number_)}));
    ++number_;
    return event;
  }

 private:
  std::uint64_t users_;
  std::uint64_t items_;
  Random random_;
  std::uint64_t number_ = 0;
};

double Now() { return std::chrono::duration<double>(SteadyClock::now().time_since_epoch()).count(); }

/// The child: the service, telling its parent what happens as "word time number" lines.
[[noreturn]] void Serve(const std::string& where, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto service = Must(Service::Start(MakeConfig(where, folder)));
  MetricsRegistry& metrics = service->metrics();
  const Counter& consumed = metrics.GetCounter("freshet_records_consumed_total", "", {{"operator", "user"}});
  const Counter& user = metrics.GetCounter("freshet_restored_records_total", "", {{"operator", "user"}});
  const Counter& item = metrics.GetCounter("freshet_restored_records_total", "", {{"operator", "item"}});
  bool ready = false;
  std::uint64_t told = 0;
  while (true) {
    if (!ready && service->Ready()) {
      ready = true;
      fmt::print("ready {:.6f} {}\n", Now(), user.Value() + item.Value());
    }
    if (const std::uint64_t now = consumed.Value(); now != told) {
      told = now;
      fmt::print("consumed {:.6f} {}\n", Now(), now);
    }
    std::this_thread::sleep_for(kLook);
  }
}

struct Told {
  std::string word;
  double time = 0;
  std::uint64_t number = 0;
};

class Child final {
 public:
  Child(const std::string& where, const std::string& folder) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) Give("no pipe");
    started_ = Now();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl("/proc/self/exe", "bench_restart", "serve", where.c_str(), folder.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    from_ = ::fdopen(ends[0], "r");
  }
  ~Child() { Kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line with this word whose number is at least `at_least`.
  Told Await(const std::string& word, std::uint64_t at_least = 0) {
    char line[128];
    while (std::fgets(line, sizeof line, from_) != nullptr) {
      Told told;
      char text[32];
      if (std::sscanf(line, "%31s %lf %lu", text, &told.time, &told.number) != 3) continue;
      told.word = text;
      if (told.word == word && told.number >= at_least) return told;
    }
    Give("the service ended");
  }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::fclose(from_);
    pid_ = 0;
  }
  double started() const { return started_; }
  double Memory(std::string_view what) const { return MemoryMib(what, std::to_string(pid_)); }

 private:
  pid_t pid_ = 0;
  double started_ = 0;
  std::FILE* from_ = nullptr;
};

std::uint64_t FolderMib(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes >> 20;
}

void MeasureRestart(const std::string& where, const std::string& folder, std::uint64_t users,
                    std::uint64_t events) {
  double killed = 0;
  {
    Child first(where, folder);
    const Told filled = first.Await("consumed", users + (events - users) / 4);
    fmt::print("filled={} seconds={:.1f} rss_mib={:.0f} rss_peak_mib={:.0f} state_mib={}\n", filled.number,
               filled.time - first.started(), first.Memory("VmRSS"), first.Memory("VmHWM"),
               FolderMib(folder + "/state"));
    killed = Now();
  }
  Child second(where, folder);
  const Told ready = second.Await("consumed", 1);
  fmt::print("back_s={:.2f} load={:.2f}\n", ready.time - killed, LoadAverage());
  // A batch that the kill cut off is read again, so the rest is at most what was left.
  std::this_thread::sleep_for(std::chrono::seconds(10));
  fmt::print("rss_mib={:.0f} rss_peak_mib={:.0f}\n", second.Memory("VmRSS"), second.Memory("VmHWM"));
}

void MeasureRestore(const std::string& where, const std::string& folder) {
  std::filesystem::remove_all(folder + "/state");
  Child third(where, folder);
  const Told ready = third.Await("ready");
  const double seconds = ready.time - third.started();
  fmt::print("restore_s={:.2f} records={} records_s={:.0f} rss_peak_mib={:.0f} load={:.2f}\n", seconds,
             ready.number, static_cast<double>(ready.number) / seconds, third.Memory("VmHWM"), LoadAverage());
}

int Main(int argc, char** argv) {
  const Arguments arguments(argc, argv, kUsage);
  if (arguments.Word(0) == "serve") Serve(arguments.Word(1), arguments.Word(2));
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const TemporaryFolder folder;
  const std::string where = arguments.Word(0);
  const auto users = static_cast<std::uint64_t>(arguments.Number("users", 1'000'000));
  const auto items = static_cast<std::uint64_t>(arguments.Number("items", 100'000));
  const auto events = static_cast<std::uint64_t>(arguments.Number(
      "events", static_cast<std::int64_t>(users + std::max<std::uint64_t>(users / 5, 200'000))));
  if (events <= users) Give("--events must exceed --users");
  {
    const Config config = MakeConfig(where, folder.path());
    const auto log = Must(OpenLog(config, LogAccess::kReadWrite));
    EvenEvents source(users, items);
    Fill(*log, config, source, static_cast<std::int64_t>(events));
  }
  MeasureRestart(where, folder.path(), users, events);
  MeasureRestore(where, folder.path());
  return 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) { return freshet::bench::Main(argc, argv); }
