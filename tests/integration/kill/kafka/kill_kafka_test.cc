#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <thread>

#include "integration/broker/broker_fixture.h"
#include "integration/kill/kill_scenario.h"

namespace freshet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class KillKafka : public BrokerTest {
 protected:
  /// One application of its own on the shared broker.
  std::vector<std::string> Settings(const std::string& session_timeout) const {
    const std::string name = Unique("kill");
    return {"kafka.bootstrap_servers=" + broker_->address(), "topics.prefix=" + name + ".", "app.id=" + name,
            "kafka.session_timeout=" + session_timeout, "topics.user_partitions=4"};
  }

  static void Eventually(const char* what, const ServiceProcess& service,
                         const std::function<bool()>& holds) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      ASSERT_LT(steady_clock::now(), deadline) << what << "\n" << service.Log();
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
};

TEST_F(KillKafka, KilledAnywhereNothingIsLostOrDoubled) {
  ScenarioOptions options;
  options.settings = Settings("6s");
  options.settings.push_back("kafka.instance_id=one");
  options.points = CommonKillPoints();
  options.seed = SeedFromEnvironment();
  KillScenario scenario(options);
  ASSERT_NO_FATAL_FAILURE(scenario.Begin());
  ASSERT_NO_FATAL_FAILURE(scenario.KillAtEveryPoint());
  ASSERT_NO_FATAL_FAILURE(scenario.KillAtRandomMoments());
  ASSERT_NO_FATAL_FAILURE(scenario.RefuseSecondProcess());
  ASSERT_NO_FATAL_FAILURE(scenario.Finish());
  scenario.ExpectEqualToReplay(scenario.service());
  scenario.ExpectNothingLostOrDoubled(scenario.service());
  ASSERT_NO_FATAL_FAILURE(scenario.LoseStateDirectory());
  scenario.ExpectEqualToReplay(scenario.service());
  scenario.PrintSummary();
}

// Lists and deltas may be doubled, so that nothing is compared with a replay; no input may be lost.
TEST_F(KillKafka, AtLeastOnceLosesNothing) {
  ScenarioOptions options;
  options.settings = Settings("6s");
  options.settings.push_back("kafka.instance_id=one");
  options.settings.push_back("processing.guarantee=at_least_once");
  options.events = 20'000;
  options.random_kills = 6;
  options.points = {{"after-produce", 5}, {"after-commit", 5}};
  options.seed = SeedFromEnvironment();
  KillScenario scenario(options);
  ASSERT_NO_FATAL_FAILURE(scenario.Begin());
  ASSERT_NO_FATAL_FAILURE(scenario.KillAtEveryPoint());
  ASSERT_NO_FATAL_FAILURE(scenario.KillAtRandomMoments());
  ASSERT_NO_FATAL_FAILURE(scenario.Finish());
  scenario.ExpectNothingLost(scenario.service());
  ASSERT_NO_FATAL_FAILURE(scenario.LoseStateDirectory());
  scenario.ExpectNothingLost(scenario.service());
}

// The second process is killed at work, comes back, stops in the middle of a transaction for longer than its
// session and its transaction may last, and goes on after the first has taken its tasks over.
TEST_F(KillKafka, OneOfTwoKilledAndStoppedIsFencedAndNothingIsDoubled) {
  constexpr int kTasks = 6;
  ScenarioOptions options;
  options.settings = Settings("3s");
  options.settings.push_back("processing.transaction_timeout=3s");
  options.events = 30'000;
  options.seed = SeedFromEnvironment();
  ServiceProcess::Place place_of_two{{}, {}, options.settings};
  options.settings.push_back("kafka.instance_id=one");
  place_of_two.settings.push_back("kafka.instance_id=two");
  KillScenario scenario(options);
  place_of_two.data = scenario.work() / "data-two";
  place_of_two.logs = scenario.work() / "logs";
  ServiceProcess& one = scenario.service();
  ServiceProcess two(place_of_two);
  const auto never = [] { return false; };
  const auto shared = [&] {
    return one.TasksAssigned() < kTasks && two.TasksAssigned() > 0 && one.Ready() && two.Ready();
  };
  const auto alone = [&] { return one.TasksAssigned() == kTasks && one.Ready(); };

  ASSERT_NO_FATAL_FAILURE(scenario.Begin());
  one.Start();
  ASSERT_TRUE(one.WaitReady()) << one.Log();
  two.Start();
  ASSERT_NO_FATAL_FAILURE(Eventually("two takes its share", two, shared));
  scenario.feed().Post(one, 2'000, never);
  two.Kill9();
  scenario.feed().Post(one, 2'000, never);
  ASSERT_NO_FATAL_FAILURE(Eventually("one takes over from the killed", one, alone));

  two.Start("before-commit:5:stop");
  ASSERT_NO_FATAL_FAILURE(Eventually("two comes back and stops in a transaction", two, [&] {
    scenario.feed().Post(one, 50, never);
    return two.Paused();
  }));
  ASSERT_NO_FATAL_FAILURE(Eventually("one takes over from the stopped", one, alone));
  scenario.feed().Post(one, 2'000, never);
  KillScenario::Drain(one);
  two.Continue();
  ASSERT_NO_FATAL_FAILURE(Eventually("two notices that it was fenced", two,
                                     [&] { return two.Log().find("code=fenced") != std::string::npos; }));
  ASSERT_NO_FATAL_FAILURE(Eventually("two comes back into the group", two, shared));
  scenario.feed().Post(one, 2'000, never);
  EXPECT_EQ(two.Stop(), 0) << two.Log();
  ASSERT_NO_FATAL_FAILURE(Eventually("one takes over from the one that left", one, alone));
  scenario.feed().Send(one, scenario.feed().Left());
  scenario.feed().Post(one, 1'000'000, never);
  KillScenario::Drain(one);
  EXPECT_EQ(one.Stop(), 0) << one.Log();
  scenario.ExpectEqualToReplay(one);
  scenario.ExpectNothingLostOrDoubled(one);
}

// A copied deployment with the same name: the later process stands, the earlier ends and says why.
TEST_F(KillKafka, TheEarlierOfTwoWithOneInstanceIdEndsWithTheReason) {
  ScenarioOptions options;
  options.settings = Settings("6s");
  options.settings.push_back("kafka.instance_id=one");
  options.events = 2'000;
  KillScenario scenario(options);
  ServiceProcess later({scenario.work() / "data-later", scenario.work() / "logs", options.settings});
  ASSERT_NO_FATAL_FAILURE(scenario.Begin());
  ServiceProcess& earlier = scenario.service();
  earlier.Start();
  ASSERT_TRUE(earlier.WaitReady()) << earlier.Log();
  later.Start();
  EXPECT_EQ(earlier.Wait(), 1);
  EXPECT_NE(earlier.Log().find("kafka.instance_id"), std::string::npos) << earlier.Log();
  ASSERT_TRUE(later.WaitReady()) << later.Log();
  scenario.feed().Post(later, 500, [] { return false; });
  EXPECT_EQ(later.Stop(), 0) << later.Log();
}

}  // namespace
}  // namespace freshet::testing
