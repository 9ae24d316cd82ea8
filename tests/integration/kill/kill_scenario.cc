#include "integration/kill/kill_scenario.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/format.h"

namespace freshet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kPostedInARun = 1'500;
// A kill leaves at most the last batch of a task to read again; the largest here changes some thousand keys.
constexpr std::uint64_t kTailMax = 30'000;

}  // namespace

std::vector<KillPoint> CommonKillPoints() {
  return {{"after-begin", 12},       {"after-produce", 12},      {"before-commit", 12},
          {"after-write-batch", 12}, {"store.before_write", 12}, {"store.after_write", 12},
          {"after-fence", 6},        {"after-commit", 12},       {"in-restore", 1}};
}

std::uint64_t SeedFromEnvironment() {
  const char* given = std::getenv("FRESHET_KILL_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

KillScenario::KillScenario(ScenarioOptions options)
    : options_(std::move(options)), random_(options_.seed), started_(steady_clock::now()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-kill-XXXXXX").string();
  work_ = mkdtemp(pattern.data());
  std::filesystem::create_directories(work_ / "logs");
  feed_ = std::make_unique<EventFeed>(MakeEvents(options_.seed, options_.events), work_);
  service_ = std::make_unique<ServiceProcess>(
      ServiceProcess::Place{work_ / "data", work_ / "logs", options_.settings});
}

KillScenario::~KillScenario() {
  service_.reset();
  if (::testing::Test::HasFailure()) {
    std::printf("data and logs are kept in %s\n", work_.c_str());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(work_, ignored);
}

void KillScenario::Begin() {
  const Finished created = RunToEnd(service_->WithPlace({"topics", "create"}), work_);
  ASSERT_EQ(created.exit_code, 0) << created.err;
  feed_->Send(*service_, options_.events / 20);
  service_->Start();
  ASSERT_TRUE(service_->WaitReady()) << service_->Log();
  Drain(*service_);
  ASSERT_EQ(service_->Stop(), 0) << service_->Log();
}

void KillScenario::FeedBetweenRuns() {
  if (Below(3) == 0) feed_->Send(*service_, options_.events / 25);
}

void KillScenario::KillAtRandomMoments() {
  for (int i = 1; i <= options_.random_kills && !::testing::Test::HasFailure(); ++i) KillOnceAtRandom(i);
}

void KillScenario::KillOnceAtRandom(int number) {
  FeedBetweenRuns();
  const milliseconds moment(Below(700));
  const bool from_start = Below(4) == 0;
  service_->Start();
  std::string where =
      fmt::format("random {:>2}: {} ms after {}", number, moment.count(), from_start ? "start" : "ready");
  if (!from_start) {
    const auto ready = service_->WaitReady();
    ASSERT_TRUE(ready) << service_->Log();
  }
  {
    // Nobody waits for the process before the signal is sent: its id cannot have become another's.
    const std::jthread killer([pid = service_->pid(), moment] {
      std::this_thread::sleep_for(moment);
      kill(pid, SIGKILL);
    });
    if (!from_start) feed_->Post(*service_, kPostedInARun, [] { return false; });
  }
  EXPECT_EQ(service_->Wait(), 128 + SIGKILL) << where << ": it ended by itself\n" << service_->Log();
  ExpectSoundLog();
  ComeBack(where);
}

void KillScenario::KillAtEveryPoint() {
  for (const KillPoint& point : options_.points) {
    if (::testing::Test::HasFailure()) return;
    KillAt(point);
  }
}

void KillScenario::KillAt(const KillPoint& point) {
  if (point.name != "in-restore") FeedBetweenRuns();
  const std::string fail =
      fmt::format("{}:{}:kill", point.name, 1 + Below(static_cast<std::uint64_t>(point.nth_max)));
  service_->Start(fail);
  if (service_->WaitReady()) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(20);
    while (service_->Alive() && feed_->Left() > 0 && steady_clock::now() < deadline) {
      feed_->Post(*service_, 200, [&] { return !service_->Alive() || steady_clock::now() > deadline; });
    }
  }
  const bool died = !service_->Alive();
  EXPECT_TRUE(died) << fail << " was not reached";
  if (!died) service_->Kill9();
  EXPECT_EQ(service_->Wait(), 128 + SIGKILL) << fail << "\n" << service_->Log();
  ExpectSoundLog();
  // What a kill after the commit leaves is what the next point needs: do not clear it up.
  if (point.name == "after-commit") return kills_.push_back({fail, -1, 0});
  ComeBack(fail);
}

void KillScenario::ComeBack(const std::string& after) {
  service_->Start();
  const auto ready = service_->WaitReady();
  ASSERT_TRUE(ready) << after << "\n" << service_->Log();
  Kill kill{after, ready->count(), 0};
  for (const Acquisition& acquired : service_->Acquisitions())
    kill.restored_records += acquired.restored_records;
  kills_.push_back(kill);
  feed_->Post(*service_, kPostedInARun / 3, [] { return false; });
  // In turn ended in order and by a kill while it works.
  if (kills_.size() % 2 == 0) {
    EXPECT_EQ(service_->Stop(), 0) << service_->Log();
  } else {
    service_->Kill9();
  }
  ExpectSoundLog();
}

void KillScenario::ExpectSoundLog(bool full_restore_allowed) {
  const std::string log = service_->Log();
  for (const char* bad : {"level=error", "quarantined", "do not verify", "unfinished restore"}) {
    EXPECT_EQ(log.find(bad), std::string::npos) << bad << " in\n" << log;
  }
  for (const Acquisition& acquired : service_->Acquisitions()) {
    if (full_restore_allowed) continue;
    EXPECT_FALSE(acquired.full_restore) << acquired.task << " in\n" << log;
    EXPECT_LE(acquired.restored_records, kTailMax) << acquired.task << " in\n" << log;
  }
}

void KillScenario::RefuseSecondProcess() {
  service_->Start();
  ASSERT_TRUE(service_->WaitReady()) << service_->Log();
  const Finished second = RunToEnd(service_->WithPlace({"run", "--set", "http.listen=127.0.0.1:0"}), work_);
  EXPECT_NE(second.exit_code, 0);
  EXPECT_NE(second.err.find("in use by"), std::string::npos) << second.err;
  EXPECT_TRUE(service_->Ready()) << "the first process must not notice";
  EXPECT_EQ(service_->Stop(), 0) << service_->Log();
  ExpectSoundLog();
}

void KillScenario::Drain(const ServiceProcess& service) {
  constexpr milliseconds kQuiet(5'000);  // a batch of a backlog can take seconds
  const auto deadline = steady_clock::now() + std::chrono::minutes(2);
  double seen = -1;
  auto changed = steady_clock::now();
  while (steady_clock::now() - changed < kQuiet && steady_clock::now() < deadline) {
    const double now = service.Metric("freshet_records_consumed_total");
    if (now != seen) changed = steady_clock::now();
    seen = now;
    std::this_thread::sleep_for(milliseconds(20));
  }
}

void KillScenario::Finish() {
  // Also where the feed ran dry between the kills: nobody has waited for the backlog that they left.
  do {
    feed_->Send(*service_, feed_->Left());
    service_->Start();
    ASSERT_TRUE(service_->WaitReady()) << service_->Log();
    feed_->Post(*service_, 1'000'000, [] { return false; });
    Drain(*service_);
    ASSERT_EQ(service_->Stop(), 0) << service_->Log();
    ExpectSoundLog();
  } while (feed_->Left() > 0 && !::testing::Test::HasFailure());
}

void KillScenario::LoseStateDirectory() {
  ASSERT_GT(std::filesystem::remove_all(service_->place().data / "state" / "user-1"), 0U);
  service_->Start("in-restore:1:kill");
  EXPECT_FALSE(service_->WaitReady()) << service_->Log();
  service_->Wait();
  ASSERT_GT(std::filesystem::remove_all(service_->place().data / "state" / "user-1"), 0U);
  service_->Start();
  const auto ready = service_->WaitReady();
  ASSERT_TRUE(ready) << service_->Log();
  std::uint64_t full = 0;
  for (const Acquisition& acquired : service_->Acquisitions()) {
    if (!acquired.full_restore) continue;
    EXPECT_EQ(acquired.task, "user-1");
    full += acquired.restored_records;
  }
  EXPECT_GT(full, 0U) << service_->Log();
  std::printf("lost disk: %llu changelog records read, ready after %lld ms\n",
              static_cast<unsigned long long>(full), static_cast<long long>(ready->count()));
  EXPECT_EQ(service_->Stop(), 0) << service_->Log();
  ExpectSoundLog(true);
}

void KillScenario::PrintSummary() const {
  std::vector<std::int64_t> times;
  for (const Kill& kill : kills_) {
    if (kill.ready_ms < 0) {
      std::printf("  %-40s left as it is for the next\n", kill.where.c_str());
      continue;
    }
    times.push_back(kill.ready_ms);
    std::printf("  %-40s ready again after %5lld ms, %5llu changelog records read\n", kill.where.c_str(),
                static_cast<long long>(kill.ready_ms),
                static_cast<unsigned long long>(kill.restored_records));
  }
  std::sort(times.begin(), times.end());
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - started_).count();
  std::printf(
      "seed %llu: %zu kills noted, restart to ready median %lld ms, longest %lld ms; %zu events by HTTP, %zu "
      "sent "
      "again; %lld s\n",
      static_cast<unsigned long long>(options_.seed), kills_.size(),
      static_cast<long long>(times.empty() ? 0 : times[times.size() / 2]),
      static_cast<long long>(times.empty() ? 0 : times.back()), feed_->posted(), feed_->posted_again(),
      static_cast<long long>(seconds));
}

}  // namespace freshet::testing
