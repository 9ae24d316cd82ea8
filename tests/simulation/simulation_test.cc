// Whole tasks over a log that fails in every way it can, for many seeds (docs/SIMULATION.md).
// FRESHET_SEED=n runs that seed alone; FRESHET_SEEDS=n sets how many there are.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/format.h"
#include "base/logging.h"
#include "simulation/world.h"

namespace freshet::simulation {
namespace {

constexpr std::uint64_t kSeeds = 1000;
constexpr std::uint64_t kRecommenderEach = 20;  // of so many seeds one runs the whole recommender too

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t last = kSeeds;
};

Seeds SeedsToRun(std::uint64_t each) {
  if (const std::uint64_t one = FromEnvironment("FRESHET_SEED", 0); one != 0) return {one, one};
  return {1, FromEnvironment("FRESHET_SEEDS", kSeeds) / each};
}

void Add(WorldCounts& sum, const WorldCounts& one) {
  sum.steps += one.steps;
  sum.batches += one.batches;
  sum.sent += one.sent;
  sum.crashes += one.crashes;
  sum.takeovers += one.takeovers;
  sum.nested_steps += one.nested_steps;
  sum.lost_directories += one.lost_directories;
  sum.old_directories += one.old_directories;
  sum.torn_files += one.torn_files;
  sum.rebalances += one.rebalances;
  sum.truncations += one.truncations;
  sum.torn += one.torn;
}

void RunSeeds(What what, Seeds seeds) {
  ConfigureLogging(seeds.first == seeds.last ? LogLevel::kInfo : LogLevel::kOff, LogFormat::kKeyValue);
  WorldCounts sum;
  int failed = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last && failed < 5; ++seed) {
    World world({seed, what, Broken::kNothing});
    world.Run();
    Add(sum, world.counts());
    if (!world.violations().Any()) continue;
    ++failed;
    ADD_FAILURE() << "run again with FRESHET_SEED=" << seed << ":" << world.violations().Text();
  }
  std::puts(
      fmt::format(
          "{} seeds: {} steps, {} records, {} batches, {} crashes, {} takeovers, {} steps inside another's "
          "call, {} rebalances, {} directories lost, {} old ones put back, {} torn files, {} torn "
          "transactions, {} changelogs cut",
          seeds.last - seeds.first + 1, sum.steps, sum.sent, sum.batches, sum.crashes, sum.takeovers,
          sum.nested_steps, sum.rebalances, sum.lost_directories, sum.old_directories, sum.torn_files,
          sum.torn, sum.truncations)
          .c_str());
}

TEST(Simulation, CountsEachEventExactlyOnceWhateverFails) { RunSeeds(What::kFold, SeedsToRun(1)); }

TEST(Simulation, TheRecommenderEqualsItsReplayWhateverFails) {
  RunSeeds(What::kRecommender, SeedsToRun(kRecommenderEach));
}

}  // namespace
}  // namespace freshet::simulation
