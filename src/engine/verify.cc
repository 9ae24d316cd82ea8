#include "engine/verify.h"

#include <filesystem>
#include <map>

#include "base/format.h"
#include "base/hash.h"
#include "engine/changelog_verifier.h"
#include "state/digest.h"
#include "state/keys.h"
#include "state/state_directory.h"
#include "state/task_store.h"

namespace freshet {
namespace {

constexpr std::size_t kDifferencesMax = 20;

/// Sums of hashes by topic partition: equal multisets of records give equal sums.
struct OutputSums {
  std::map<TopicPartition, std::pair<std::uint64_t, std::uint64_t>> of;  // count, sum
  void Add(const TopicPartition& to, const std::optional<std::string>& key,
           const std::optional<std::string>& value) {
    std::uint64_t hash = Hash64(key.value_or("\1null")) * 31 + Hash64(value.value_or("\1null"));
    auto& [count, sum] = of[to];
    ++count;
    sum += MixBits(hash);
  }
};

class Verifier {
 public:
  Verifier(Log& log, const Topology& topology, const VerifyOptions& options)
      : log_(log), topology_(topology), options_(options) {}

  Result<VerifyReport> Run() {
    for (const OperatorSpec& spec : topology_.operators) {
      for (std::int32_t p = 0; p < spec.partitions; ++p) {
        FRESHET_CHECK(VerifyTask(spec, {p}));
      }
    }
    FRESHET_CHECK(CompareOutputs());
    return std::move(report_);
  }

 private:
  void Differ(std::string what) {
    if (report_.differences.size() < kDifferencesMax) report_.differences.push_back(std::move(what));
  }

  Result<std::vector<ProgressRecord>> ReadSchedule(const TopicPartition& changelog) {
    std::vector<ProgressRecord> schedule;
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(changelog, Isolation::kReadCommitted));
    FRESHET_TRY(auto reader, RangeReader::Open(log_, changelog, marks.low));
    FRESHET_TRY(std::vector<Record> records, reader->TakeUntil(marks.high));
    ChangelogVerifier verifier(std::nullopt, marks.low);
    for (Record& record : records) {
      FRESHET_TRY(std::optional<VerifiedBatch> batch, verifier.Add(std::move(record)));
      if (batch) schedule.push_back(std::move(batch->progress));
    }
    const auto bad = verifier.refused() + (options_.cut_batches_allowed ? 0 : verifier.unfinished());
    if (bad > 0) {
      Differ(
          fmt::format("{}[{}]: {} batches do not verify", changelog.topic, changelog.partition.value, bad));
    }
    for (std::size_t i = 0; i < schedule.size(); ++i) {
      if (schedule[i].seq == i + 1) continue;
      return MakeError(
          ErrorCode::kOutOfRange,
          fmt::format("{}[{}] has batch {} where {} should be: the recorded schedule was compacted; "
                      "a replay needs all of it",
                      changelog.topic, changelog.partition.value, schedule[i].seq, i + 1));
    }
    return schedule;
  }

  Result<void> VerifyTask(const OperatorSpec& spec, Partition partition) {
    const std::string name = fmt::format("{}-{}", spec.name, partition.value);
    FRESHET_TRY(const auto schedule, ReadSchedule({topology_.ChangelogOf(spec.name), partition}));
    ++report_.tasks;
    TaskReplay replay(log_, topology_, spec, {partition, options_.view});
    if (!schedule.empty()) {
      auto opened = replay.Open(schedule.front());
      if (!opened.ok()) return opened.error().Within(name);
    }
    for (const ProgressRecord& progress : schedule) {
      auto ran =
          replay.Run(progress, [&](const TaskReplay::ReplayedBatch& batch) { CompareBatch(name, batch); });
      if (!ran.ok()) return ran.error().Within(name);
    }
    return options_.data_directory.empty() ? Result<void>() : CompareState(spec, partition, replay.state());
  }

  void CompareBatch(const std::string& name, const TaskReplay::ReplayedBatch& replayed) {
    const ProgressRecord& recorded = *replayed.progress;
    ++report_.batches;
    report_.records += replayed.batch->plan().records.size();
    const OutcomeCounts counts = replayed.batch->counts();
    report_.accepted += counts.accepted;
    report_.duplicates += counts.duplicate;
    report_.rejected += counts.rejected;
    if (replayed.changelog_records != recorded.changelog_records ||
        replayed.changelog_crc != recorded.changelog_crc) {
      Differ(fmt::format("{} batch {}: {} state changes with checksum {:08x}, the replay has {} with {:08x}",
                         name, recorded.seq, recorded.changelog_records, recorded.changelog_crc,
                         replayed.changelog_records, replayed.changelog_crc));
    }
    if (!(counts == recorded.batch)) Differ(fmt::format("{} batch {}: outcomes differ", name, recorded.seq));
    for (const OutputRecord& output : replayed.batch->outputs())
      expected_.Add(output.to, output.key, output.value);
  }

  Result<void> CompareState(const OperatorSpec& spec, Partition partition, const MapState& replayed) {
    const std::string path =
        fmt::format("{}/state/{}-{}", options_.data_directory, spec.name, partition.value);
    if (!std::filesystem::exists(path)) return {};
    FRESHET_TRY(const StateIdentity identity, ReadStateIdentity(path));
    TaskStoreOptions options;
    options.path = path;
    options.identity = identity;
    FRESHET_TRY(const auto store, TaskStore::Open(options));
    FRESHET_TRY(const StateDigest actual, DigestOf(*store));
    StateDigest expected;
    for (const auto& [key, value] : replayed.Entries()) expected.Add(key, value);
    report_.state_keys += actual.Entries();
    if (actual == expected) return {};
    Differ(fmt::format("{}: {} keys with digest {:016x}, the replay has {} with {:016x}{}", path,
                       actual.Entries(), actual.Hash(), expected.Entries(), expected.Hash(),
                       FirstDifference(*store, replayed)));
    return {};
  }

  static std::string FirstDifference(const TaskStore& store, const MapState& replayed) {
    std::string found;
    auto expected = replayed.Entries().begin();
    const auto end = replayed.Entries().end();
    static_cast<void>(store.ForEach("", [&](std::string_view key, std::string_view value) {
      if (expected != end && expected->first == key && expected->second == value) {
        ++expected;
        return true;
      }
      found = fmt::format("; first at table '{}', key hash {:016x}", key.empty() ? '?' : key.front(),
                          Hash64(key));
      return false;
    }));
    return found;
  }

  Result<void> CompareOutputs() {
    OutputSums actual;
    std::map<std::string, std::int32_t> topics;
    for (const OperatorSpec& spec : topology_.operators) {
      for (const std::string& role : spec.outputs) topics[topology_.TopicOf(role)] = 0;
    }
    topics[topology_.TopicOf(kDeadLettersRole)] = 0;
    for (const auto& [topic, unused] : topics) {
      FRESHET_TRY(const TopicDescription description, log_.Describe(topic));
      for (std::int32_t p = 0; p < description.partitions; ++p) FRESHET_CHECK(SumTopic({topic, {p}}, actual));
    }
    for (const auto& [to, sums] : expected_.of) {
      if (!actual.of.contains(to)) actual.of[to] = {0, 0};
    }
    for (const auto& [to, sums] : actual.of) {
      const auto expected = expected_.of[to];
      report_.outputs += sums.first;
      if (expected == sums) continue;
      Differ(fmt::format("{}[{}]: {} committed records with digest {:016x}, the replay has {} with {:016x}",
                         to.topic, to.partition.value, sums.first, sums.second, expected.first,
                         expected.second));
    }
    return {};
  }

  Result<void> SumTopic(const TopicPartition& from, OutputSums& sums) {
    FRESHET_TRY(const Watermarks marks, log_.QueryWatermarks(from, Isolation::kReadCommitted));
    FRESHET_TRY(auto reader, RangeReader::Open(log_, from, marks.low));
    FRESHET_TRY(const std::vector<Record> records, reader->TakeUntil(marks.high));
    for (const Record& record : records) sums.Add(from, record.key, record.value);
    return {};
  }

  Log& log_;
  const Topology& topology_;
  const VerifyOptions& options_;
  VerifyReport report_;
  OutputSums expected_;
};

}  // namespace

Result<VerifyReport> Verify(Log& log, const Topology& topology, const VerifyOptions& options) {
  return Verifier(log, topology, options).Run();
}

}  // namespace freshet
