#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "integration/kill/event_feed.h"
#include "integration/kill/service_process.h"

namespace freshet::testing {

/// A failpoint and up to which passage of it a kill is placed. Some need something to restore.
struct KillPoint {
  std::string name;
  int nth_max = 1;
};

/// The points that a service on any log passes.
std::vector<KillPoint> CommonKillPoints();

/// FRESHET_KILL_SEED, or 1.
std::uint64_t SeedFromEnvironment();

struct ScenarioOptions {
  std::vector<std::string> settings;  ///< of the log and its topics
  std::size_t events = 110'000;
  int random_kills = 20;
  std::vector<KillPoint> points;
  std::uint64_t seed = 1;
};

/// Feeds a service, kills it again and again, lets it come to the end and compares everything with what a
/// life without kills must give. The steps are called in order by a test.
class KillScenario final {
 public:
  explicit KillScenario(ScenarioOptions options);
  ~KillScenario();

  /// Topics made, a first part of the events learned: from here every task has state on disk.
  void Begin();
  void KillAtRandomMoments();
  void KillAtEveryPoint();
  /// A second process on the same directory must refuse.
  void RefuseSecondProcess();
  /// Everything sent and learned, the service stopped in order.
  void Finish();
  /// A directory is lost and the process killed in its restore: restored, and again all equal.
  void LoseStateDirectory();
  /// Against the state directories of this service, which must hold all tasks.
  void ExpectEqualToReplay(const ServiceProcess& service) const;
  void ExpectNothingLostOrDoubled(const ServiceProcess& service) const;
  /// Each event has its effect on the state of its user once, each bad one at least one dead letter.
  void ExpectNothingLost(const ServiceProcess& service) const;
  void PrintSummary() const;

  ServiceProcess& service() { return *service_; }
  EventFeed& feed() { return *feed_; }
  const std::filesystem::path& work() const { return work_; }
  std::mt19937_64& random() { return random_; }
  /// Waits until nothing was consumed for a while.
  static void Drain(const ServiceProcess& service);

 private:
  struct Kill {
    std::string where;
    std::int64_t ready_ms = 0;  ///< of the start after it
    std::uint64_t restored_records = 0;
  };
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  void FeedBetweenRuns();
  void KillOnceAtRandom(int number);
  void KillAt(const KillPoint& point);
  /// Starts after a kill: it must come back without a full restore.
  void ComeBack(const std::string& after);
  /// Looks through the log of the run that just ended.
  void ExpectSoundLog(bool full_restore_allowed = false);

  const ScenarioOptions options_;
  std::mt19937_64 random_;
  std::filesystem::path work_;
  std::unique_ptr<EventFeed> feed_;
  std::unique_ptr<ServiceProcess> service_;
  std::vector<Kill> kills_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace freshet::testing
