// Takes one step of the protocol away at a time: the simulation must notice, or it tests nothing.
#include <gtest/gtest.h>

#include <cstdio>

#include "base/format.h"
#include "base/logging.h"
#include "simulation/world.h"

namespace freshet::simulation {
namespace {

constexpr std::uint64_t kSeedsMax = 300;

/// The first seed at which the lack of a step shows; 0: it does not.
std::uint64_t SeedThatNotices(Broken broken) {
  ConfigureLogging(LogLevel::kOff, LogFormat::kKeyValue);
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    World world({seed, What::kFold, broken});
    world.Run();
    if (!world.violations().Any()) continue;
    std::puts(fmt::format("seed {}:{}", seed, world.violations().Text()).c_str());
    return seed;
  }
  return 0;
}

TEST(Protocol, NeedsTheFence) { EXPECT_NE(SeedThatNotices(Broken::kFence), 0U); }

TEST(Protocol, NeedsTheHighWatermarkAndNotTheLastStableOffset) {
  EXPECT_NE(SeedThatNotices(Broken::kTargetLastStable), 0U);
}

TEST(Protocol, NeedsTheFenceBeforeTheHighWatermark) {
  EXPECT_NE(SeedThatNotices(Broken::kTargetBeforeFence), 0U);
}

TEST(Protocol, NeedsTheCheckOfEachBatch) { EXPECT_NE(SeedThatNotices(Broken::kBatchCheck), 0U); }

TEST(Protocol, NeedsTheCommitBeforeTheStore) { EXPECT_NE(SeedThatNotices(Broken::kCommitBeforeApply), 0U); }

}  // namespace
}  // namespace freshet::simulation
