#include "engine/changelog_verifier.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "state/keys.h"

namespace freshet {
namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;

/// A changelog as a task writes it, with what may happen to it afterwards.
class Changelog {
 public:
  /// `marker`: a transaction marker follows, as on Kafka.
  explicit Changelog(bool marker) : marker_(marker) {}

  void AppendBatch(std::uint64_t seq, const Changes& changes) {
    ProgressRecord progress;
    progress.epoch = 1;
    progress.seq = seq;
    BatchChecksum checksum;
    for (const auto& [key, value] : changes) {
      checksum.Add(key, value);
      AppendStray(key, value);
    }
    progress.changelog_records = checksum.Count();
    progress.changelog_crc = checksum.Value();
    AppendStray(std::string(kProgressKey), progress.Encode());
    if (marker_) ++next_;
  }
  void AppendStray(const std::string& key, const std::string& value) {
    Record record;
    record.offset = {next_++};
    record.key = key;
    record.value = value;
    records.push_back(std::move(record));
  }
  /// Offsets of records that an aborted transaction left, and of its marker.
  void SkipInvisible(std::int64_t offsets) { next_ += offsets; }
  /// Keeps the last record of each key among those below `end`, as a compaction that came so far.
  void Compact(std::int64_t end) {
    std::map<std::string, std::int64_t> last;
    for (const Record& record : records) {
      if (record.offset.value < end) last[*record.key] = record.offset.value;
    }
    std::erase_if(records, [&](const Record& record) {
      return record.offset.value < end && last[*record.key] != record.offset.value;
    });
  }
  std::int64_t next() const { return next_; }

  std::vector<Record> records;

 private:
  bool marker_;
  std::int64_t next_ = 0;
};

struct Restored {
  std::map<std::string, std::string> state;
  std::vector<std::uint64_t> batches;
  std::uint64_t refused = 0;
  std::uint64_t unfinished = 0;
};

Restored RestoreFrom(const Changelog& log, std::optional<ProgressRecord> last = {}, std::int64_t start = 0) {
  Restored restored;
  ChangelogVerifier verifier(std::move(last), {start});
  for (const Record& record : log.records) {
    if (record.offset.value < start) continue;
    auto batch = verifier.Add(record);
    EXPECT_TRUE(batch.ok());
    if (!batch.ok() || !*batch) continue;
    restored.batches.push_back((*batch)->progress.seq);
    EXPECT_EQ((*batch)->next.value, record.offset.value + 1);
    for (const Record& change : (*batch)->records) restored.state[*change.key] = *change.value;
  }
  restored.refused = verifier.refused();
  restored.unfinished = verifier.unfinished();
  return restored;
}

class ChangelogVerifierTest : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Markers, ChangelogVerifierTest, ::testing::Bool());

TEST_P(ChangelogVerifierTest, AcceptsWholeBatchesAndEmptyOnes) {
  Changelog log(GetParam());
  log.AppendBatch(1, {{"a", "1"}, {"b", "1"}});
  log.AppendBatch(2, {});
  log.AppendBatch(3, {{"a", "3"}});
  const Restored restored = RestoreFrom(log);
  EXPECT_EQ(restored.batches, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(restored.state, (std::map<std::string, std::string>{{"a", "3"}, {"b", "1"}}));
  EXPECT_EQ(restored.refused + restored.unfinished, 0U);
}

TEST_P(ChangelogVerifierTest, DropsATornBatchAndGoesOn) {
  Changelog log(GetParam());
  log.AppendBatch(1, {{"a", "1"}});
  log.AppendStray("a", "torn");
  log.AppendStray("b", "torn");
  log.AppendBatch(2, {{"b", "2"}});
  log.AppendBatch(3, {{"c", "3"}});
  const Restored restored = RestoreFrom(log);
  EXPECT_EQ(restored.batches, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(restored.state, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  EXPECT_EQ(restored.unfinished, 1U);
}

TEST_P(ChangelogVerifierTest, DropsATornBatchWhoseOtherRecordsLeftAGap) {
  Changelog log(GetParam());
  log.AppendBatch(1, {{"a", "1"}});
  log.AppendStray("a", "torn");
  log.SkipInvisible(3);
  log.AppendBatch(2, {{"b", "2"}});
  const Restored restored = RestoreFrom(log);
  EXPECT_EQ(restored.state, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(restored.unfinished, 1U);
}

TEST_P(ChangelogVerifierTest, RefusesAChangedBatchAndWhatStandsOnIt) {
  Changelog log(GetParam());
  log.AppendBatch(1, {{"a", "1"}});
  log.AppendBatch(2, {{"b", "2"}});
  log.AppendBatch(3, {{"c", "3"}});
  for (Record& record : log.records) {
    if (record.key == "b") record.value = "changed";
  }
  const Restored restored = RestoreFrom(log);
  EXPECT_EQ(restored.batches, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(restored.refused, 2U);
}

TEST_P(ChangelogVerifierTest, RefusesABatchThatLacksARecordWithoutAGap) {
  Changelog log(false);
  log.AppendBatch(1, {{"a", "1"}});
  log.AppendBatch(2, {{"b", "2"}, {"c", "2"}});
  log.records.erase(log.records.begin() + 3);
  log.records.back().offset = {3};
  EXPECT_EQ(RestoreFrom(log).batches, (std::vector<std::uint64_t>{1}));
}

TEST_P(ChangelogVerifierTest, RefusesAnOldEpochAndARepeatedBatch) {
  Changelog log(GetParam());
  log.AppendBatch(1, {{"a", "1"}});
  log.AppendBatch(1, {{"a", "again"}});
  log.AppendBatch(2, {{"a", "2"}});
  ProgressRecord last;
  last.epoch = 2;
  EXPECT_TRUE(RestoreFrom(log, last).batches.empty());
  EXPECT_EQ(RestoreFrom(log).batches, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(RestoreFrom(log).state.at("a"), "2");
}

// However far compaction came, and wherever a checkpoint lets the restore begin, the last value of every key
// that was written is there.
TEST_P(ChangelogVerifierTest, RestoresEveryKeyWhateverWasCompacted) {
  for (std::int64_t end = 0; end < 60; ++end) {
    Changelog log(GetParam());
    std::map<std::string, std::string> expected;
    std::vector<std::pair<std::int64_t, std::map<std::string, std::string>>> checkpoints{{0, {}}};
    for (std::uint64_t seq = 1; seq <= 16; ++seq) {
      Changes changes;
      for (std::uint64_t i = 0; i < seq * 7 % 4; ++i) {
        changes.emplace_back(fmt::format("key-{}", (seq * seq + i * 3) % 11), fmt::format("{}-{}", seq, i));
      }
      log.AppendBatch(seq, changes);
      for (const auto& [key, value] : changes) expected[key] = value;
      checkpoints.emplace_back(log.records.back().offset.value + 1, expected);
    }
    log.Compact(end);
    for (std::uint64_t seq = 0; seq < checkpoints.size(); ++seq) {
      auto [start, state] = checkpoints[seq];
      ProgressRecord last;
      last.epoch = 1;
      last.seq = seq;
      Restored restored =
          RestoreFrom(log, seq == 0 ? std::nullopt : std::optional<ProgressRecord>(last), start);
      restored.state.merge(state);  // what the restore wrote stands before what was there
      EXPECT_EQ(restored.state, expected) << "compacted to " << end << ", from batch " << seq;
      EXPECT_EQ(restored.refused + restored.unfinished, 0U)
          << "compacted to " << end << ", from batch " << seq;
    }
  }
}

}  // namespace
}  // namespace freshet
