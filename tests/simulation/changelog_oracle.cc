#include "simulation/changelog_oracle.h"

#include "base/format.h"
#include "state/keys.h"

namespace freshet::simulation {

std::vector<LoggedBatch> BatchesOf(const simulated::SimulatedCluster& cluster,
                                   const TopicPartition& changelog) {
  std::vector<LoggedBatch> batches;
  for (const Record& record : cluster.Dump(changelog, Isolation::kReadCommitted)) {
    if (record.key != kProgressKey) continue;
    auto progress = ProgressRecord::Decode(record.value.value_or(""));
    if (progress.ok()) batches.push_back({*progress, *record.value, {record.offset.value + 1}});
  }
  return batches;
}

void ChangelogOracle::OnCommit(const CommittedBatch& committed, Partition partition) {
  const std::string bytes = committed.progress->Encode();
  const auto [at, fresh] =
      committed_[{committed.spec->name, partition.value}].emplace(committed.progress->seq, bytes);
  if (fresh || at->second == bytes) return;
  violations_.Add(fmt::format("I3: {}-{} has committed two batches with number {}", committed.spec->name,
                              partition.value, committed.progress->seq));
}

std::optional<CommitPoint> ChangelogOracle::CheckStore(const Task& task) {
  const auto stored = task.State()->Get(kCommitPointKey);
  if (!stored.ok() || !stored->has_value()) return std::nullopt;
  auto point = CommitPoint::Decode(**stored);
  if (!point.ok()) {
    violations_.Add(fmt::format("I1: {}: {}", task.name(), point.error().message));
    return std::nullopt;
  }
  const TopicPartition changelog{topology_.ChangelogOf(task.spec().name), task.partition()};
  const auto batches = BatchesOf(cluster_, changelog);
  for (const LoggedBatch& batch : batches) {
    if (batch.next == point->changelog_next && batch.bytes == point->progress) return *point;
  }
  // Its marker may be on the way: CheckEnd asks again. Or compaction has taken it: then a later one is there.
  committed_[{task.spec().name, task.partition().value}].emplace(point->seq, point->progress);
  const bool decided = !batches.empty() && batches.back().next >= point->changelog_next;
  if (decided && !compacted_) {
    violations_.Add(fmt::format("I1: the store of {} holds batch {} of epoch {}, which the changelog has not",
                                task.name(), point->seq, point->epoch));
  }
  return *point;
}

void ChangelogOracle::Forget(const std::string& operator_name, Partition partition) {
  const auto left = BatchesOf(cluster_, {topology_.ChangelogOf(operator_name), partition});
  const std::uint64_t last = left.empty() ? 0 : left.back().progress.seq;
  std::erase_if(committed_[{operator_name, partition.value}],
                [last](const auto& batch) { return batch.first > last; });
}

void ChangelogOracle::CheckSequence(const TopicPartition& changelog,
                                    const std::vector<LoggedBatch>& batches) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const ProgressRecord& now = batches[i].progress;
    const bool first = i == 0;
    const ProgressRecord before = first ? ProgressRecord() : batches[i - 1].progress;
    bool follows = now.seq == before.seq + 1 && now.epoch >= before.epoch;
    for (std::size_t input = 0; input < now.inputs.size(); ++input) {
      const Offset reached = first ? Offset{0} : before.inputs[input].next;
      follows = follows && now.inputs[input].from == reached;
    }
    if (follows) continue;
    violations_.Add(fmt::format("I3: {}[{}]: batch {} of epoch {} follows batch {} of epoch {}",
                                changelog.topic, changelog.partition.value, now.seq, now.epoch, before.seq,
                                before.epoch));
  }
}

void ChangelogOracle::CheckEnd() {
  for (const OperatorSpec& spec : topology_.operators) {
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      const TopicPartition changelog{topology_.ChangelogOf(spec.name), {p}};
      const auto batches = BatchesOf(cluster_, changelog);
      if (compacted_) continue;
      CheckSequence(changelog, batches);
      std::map<std::uint64_t, std::string> logged;
      for (const LoggedBatch& batch : batches) logged.emplace(batch.progress.seq, batch.bytes);
      for (const auto& [seq, bytes] : committed_[{spec.name, p}]) {
        if (logged.contains(seq) && logged.at(seq) == bytes) continue;
        violations_.Add(
            fmt::format("I1: {}-{} has applied batch {}, which the changelog has not", spec.name, p, seq));
      }
    }
  }
}

}  // namespace freshet::simulation
