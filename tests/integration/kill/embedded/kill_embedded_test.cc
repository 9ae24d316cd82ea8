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

}  // namespace
}  // namespace freshet::testing
