#include "simulation/fold_oracle.h"

#include <limits>

#include "base/format.h"
#include "codec/dead_letter.h"
#include "simulation/changelog_oracle.h"
#include "state/keys.h"

namespace freshet::simulation {
namespace {

constexpr Offset kEnd{std::numeric_limits<std::int64_t>::max()};

std::map<std::string, std::string> ContentsOf(const Task& task) {
  std::map<std::string, std::string> contents;
  const auto database = task.State();
  const auto cursor = database->NewCursor();
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    if (!IsReservedKey(cursor->Key())) contents.emplace(cursor->Key(), cursor->Value());
  }
  return contents;
}

std::string FirstDifference(const std::map<std::string, std::string>& actual,
                            const std::map<std::string, std::string>& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto at = actual.find(key);
    if (at == actual.end())
      return fmt::format("{} keys, {} wanted; lacks {}={}", actual.size(), wanted.size(), key, value);
    if (at->second != value) return fmt::format("{}={}, wanted {}", key, at->second, value);
  }
  for (const auto& [key, value] : actual) {
    if (!wanted.contains(key)) return fmt::format("{}={} should not be there", key, value);
  }
  return {};
}

}  // namespace

FoldOracle::Inputs FoldOracle::InputsOf(Partition partition) const {
  return {{cluster_.Dump({"events", partition}, Isolation::kReadCommitted),
           cluster_.Dump({"retractions", partition}, Isolation::kReadCommitted)}};
}

void FoldOracle::CheckState(const Task& task, const CommitPoint& point) {
  const auto progress = ProgressRecord::Decode(point.progress);
  if (!progress.ok()) return violations_.Add("I2: " + progress.error().message);
  const Inputs inputs = InputsOf(task.partition());
  FoldReference reference;
  for (std::uint32_t input = 0; input < 2; ++input) {
    reference.Fold(inputs.records[input], input, {0}, progress->inputs[input].next);
  }
  const std::string difference = FirstDifference(ContentsOf(task), reference.State());
  if (difference.empty()) return;
  violations_.Add(fmt::format("I2: state of {} at batch {}: {}", task.name(), progress->seq, difference));
}

void FoldOracle::CheckBatches(Partition partition, FoldReference& reference) {
  const Inputs inputs = InputsOf(partition);
  std::vector<std::string> wanted;
  const TopicPartition changelog{topology_.ChangelogOf("fold"), partition};
  for (const LoggedBatch& batch : BatchesOf(cluster_, changelog)) {
    for (std::uint32_t input = 0; input < 2; ++input) {
      const InputRange& range = batch.progress.inputs[input];
      reference.Fold(inputs.records[input], input, range.from, range.next);
    }
    for (const auto& [user, count] : reference.TakeTouched()) {
      wanted.push_back(fmt::format("{}={};{}", user, batch.progress.seq, count));
    }
  }
  std::vector<std::string> found;
  for (const Record& record : cluster_.Dump({"counts", partition}, Isolation::kReadCommitted)) {
    found.push_back(*record.key + "=" + *record.value);
  }
  if (found == wanted) return;
  std::size_t at = 0;
  while (at < found.size() && at < wanted.size() && found[at] == wanted[at]) ++at;
  violations_.Add(fmt::format("I5: counts[{}] has {} records, the batches have {}; at {}: {} instead of {}",
                              partition.value, found.size(), wanted.size(), at,
                              at < found.size() ? found[at] : "nothing",
                              at < wanted.size() ? wanted[at] : "nothing"));
}

void FoldOracle::CheckLastCounts(Partition partition, FoldReference& reference) {
  const Inputs inputs = InputsOf(partition);
  for (std::uint32_t input = 0; input < 2; ++input) reference.Fold(inputs.records[input], input, {0}, kEnd);
  std::map<std::string, std::string> last;
  for (const Record& record : cluster_.Dump({"counts", partition}, Isolation::kReadCommitted)) {
    last[*record.key] = record.value->substr(record.value->find(';') + 1);
  }
  for (const auto& [user, count] : reference.TakeTouched()) {
    if (last[user] == std::to_string(count)) continue;
    violations_.Add(fmt::format("I5: last count of {} is {}, wanted {}", user, last[user], count));
  }
}

void FoldOracle::CheckLetters(Partition partition, FoldReference& reference, bool may_repeat) {
  std::map<std::pair<std::string, std::int64_t>, int> letters;
  for (const Record& record : cluster_.Dump({"dead-letters", partition}, Isolation::kReadCommitted)) {
    const auto letter = DecodeDeadLetter(*record.value);
    if (!letter.ok()) return violations_.Add("dead letter: " + letter.error().message);
    ++letters[{letter->from.topic, letter->offset.value}];
  }
  for (const auto& [input, offset] : reference.TakeBad())
    --letters[{input == 0 ? "events" : "retractions", offset}];
  for (const auto& [of, count] : letters) {
    if (count == 0 || (may_repeat && count > 0)) continue;
    violations_.Add(fmt::format("dead letter of {}[{}]@{}: {} {}", of.first, partition.value, of.second,
                                std::abs(count), count > 0 ? "too many" : "missing"));
  }
}

void FoldOracle::CheckEnd(std::uint64_t sent, const Changelogs& changelogs) {
  OutcomeCounts totals;
  OutcomeCounts wanted;
  for (std::int32_t p = 0; p < topology_.user_partitions; ++p) {
    FoldReference reference;
    if (changelogs.compacted || changelogs.truncated) {
      CheckLastCounts({p}, reference);
    } else {
      CheckBatches({p}, reference);
    }
    CheckLetters({p}, reference, changelogs.truncated);
    wanted.accepted += reference.accepted();
    wanted.duplicate += reference.duplicates();
    wanted.rejected += reference.rejected();
    const auto batches = BatchesOf(cluster_, {topology_.ChangelogOf("fold"), {p}});
    if (batches.empty()) continue;
    const OutcomeCounts& total = batches.back().progress.total;
    totals.accepted += total.accepted;
    totals.duplicate += total.duplicate;
    totals.rejected += total.rejected;
  }
  const std::uint64_t sum = totals.accepted + totals.duplicate + totals.rejected;
  if (totals == wanted && sum == sent) return;
  violations_.Add(
      fmt::format("outcomes: {} accepted, {} duplicate, {} rejected of {} sent; the reference has {}, {}, {}",
                  totals.accepted, totals.duplicate, totals.rejected, sent, wanted.accepted, wanted.duplicate,
                  wanted.rejected));
}

}  // namespace freshet::simulation
