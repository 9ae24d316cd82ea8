#include <gtest/gtest.h>

#include "integration/kill/kill_scenario.h"

namespace freshet::testing {
namespace {

TEST(KillEmbedded, KilledAnywhereNothingIsLostOrDoubled) {
  ScenarioOptions options;
  options.settings = {"topics.user_partitions=4"};
  options.points = CommonKillPoints();
  options.points.push_back({"embedded.commit.before", 30});
  options.points.push_back({"embedded.commit.after", 30});
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
TEST(KillEmbedded, AtLeastOnceLosesNothing) {
  ScenarioOptions options;
  options.settings = {"topics.user_partitions=4"};
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

}  // namespace
}  // namespace freshet::testing
