// All faults of the simulated log together, by chance: what a well-behaved client may rely on still holds.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "connectors/simulated/simulated_cluster.h"
#include "connectors/simulated/simulated_log.h"

namespace freshet::simulated {
namespace {

using std::chrono::milliseconds;

TopicPartition At(const std::string& topic) { return {topic, {0}}; }

FaultPlan EverythingAtOnce() {
  FaultPlan plan;
  plan.unavailable = plan.commit_unanswered = plan.commit_lost = plan.initialise_unanswered = 0.05;
  plan.aborted = plan.fenced = plan.stall = plan.late_requests = 0.02;
  plan.delayed_markers = plan.delayed_produce = plan.compaction = plan.hanging = 0.05;
  plan.short_poll = plan.empty_poll = plan.interleave = 0.2;
  return plan;
}

/// Commits the numbers 0.. one a batch, with the retries of the contract, and takes over when fenced.
class PatientWriter {
 public:
  explicit PatientWriter(Log& log) : log_(log) { Acquire(); }
  /// False: outcome unknown, the writer was fenced.
  bool Commit(int number) {
    while (true) {
      const auto done = CommitOnce(number);
      if (done.ok()) return true;
      if (done.error().code == ErrorCode::kAborted && Abort()) continue;
      Acquire();
      return false;
    }
  }

 private:
  template <typename Call>
  static auto Again(Call call) {
    auto result = call();
    while (!result.ok() &&
           (result.error().code == ErrorCode::kUnavailable || result.error().code == ErrorCode::kTimeout)) {
      result = call();
    }
    return result;
  }
  void Acquire() {
    writer_ = *log_.OpenWriter({"task", milliseconds(15'000), {}});
    ASSERT_TRUE(Again([this] { return writer_->Initialise(); }).ok());
  }
  bool Abort() {
    return Again([this] { return writer_->Abort(); }).ok();
  }
  Result<CommitReceipt> CommitOnce(int number) {
    FRESHET_CHECK(writer_->Begin());
    for (const char* half : {"x", "y"}) {
      FRESHET_CHECK(writer_->Append({At("a"), std::to_string(number) + half, "v", {}, std::nullopt}));
    }
    return Again([this] { return writer_->Commit(); });
  }
  Log& log_;
  std::unique_ptr<Writer> writer_;
};

std::vector<std::string> RunOnce(std::uint64_t seed) {
  ClusterOptions options;
  options.seed = seed;
  const auto cluster = std::make_shared<SimulatedCluster>(options);
  SimulatedLog log(cluster);
  EXPECT_TRUE(log.Create({"a", 1, Cleanup::kDelete, {}, {}, {}}).ok());
  cluster->SetPlan(EverythingAtOnce());
  std::set<std::string> certain;
  {
    PatientWriter writer(log);
    for (int number = 0; number < 40; ++number) {
      if (writer.Commit(number)) certain.insert(std::to_string(number));
    }
  }
  cluster->SetPlan({});
  EXPECT_TRUE((*log.OpenWriter({"task", milliseconds(1), {}}))->Initialise().ok());
  cluster->Settle();
  std::vector<std::string> keys;
  std::map<std::string, int> halves;
  for (const Record& record : cluster->Dump(At("a"), Isolation::kReadCommitted)) {
    keys.push_back(*record.key);
    ++halves[record.key->substr(0, record.key->size() - 1)];
  }
  for (const auto& [number, count] : halves) EXPECT_EQ(count, 2) << "seed " << seed << " number " << number;
  for (const std::string& number : certain) EXPECT_TRUE(halves.contains(number)) << "seed " << seed;
  return keys;
}

TEST(SimulatedChaos, KeepsTransactionsWholeAndCommitsDurableForManySeeds) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) RunOnce(seed);
}

TEST(SimulatedChaos, ReplaysASeedExactly) {
  std::set<std::vector<std::string>> runs;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto run = RunOnce(seed);
    EXPECT_EQ(run, RunOnce(seed));
    runs.insert(run);
  }
  EXPECT_GT(runs.size(), 1U) << "seeds differ";
}

}  // namespace
}  // namespace freshet::simulated
