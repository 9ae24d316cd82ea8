#include "connectors/simulated/simulated_reader.h"

#include <algorithm>
#include <numeric>

#include "base/topic_spec.h"

namespace freshet::simulated {

namespace {

constexpr std::uint64_t kShortPollMax = 7;
constexpr std::uint64_t kRunMax = 9;

}  // namespace

Result<void> SimulatedReader::Assign(std::vector<Position> positions) {
  return connection_->Call(Operation::kAssign, [&](Injection) -> Result<void> {
    places_.clear();
    for (Position& position : positions) places_.push_back({std::move(position.from), position.next, {}});
    first_ = 0;
    return {};
  });
}

Result<PollResult> SimulatedReader::Poll(std::chrono::milliseconds timeout, const PollLimits& limits) {
  return connection_->Call(Operation::kPoll, [&](Injection) -> Result<PollResult> {
    SimulatedCluster& cluster = *connection_->cluster;
    PollResult result;
    if (!cluster.dice_.Chance(cluster.dice_.plan().empty_poll)) {
      FRESHET_TRY(result, Collect(limits));
    }
    if (result.records.empty() && result.ends.empty()) cluster.clock_.Advance(timeout);
    return result;
  });
}

Result<PollResult> SimulatedReader::Collect(const PollLimits& limits) {
  FaultDice& dice = connection_->cluster->dice_;
  PollResult result;
  FetchBudget budget{limits.records_max, limits.bytes_max, false};
  if (dice.Chance(dice.plan().short_poll)) {
    budget.records = std::min<std::size_t>(budget.records, 1 + dice.Below(kShortPollMax));
  }
  std::vector<std::uint32_t> waiting(places_.size());
  std::iota(waiting.begin(), waiting.end(), 0U);
  if (!waiting.empty()) {
    std::rotate(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(first_ % waiting.size()),
                waiting.end());
  }
  ++first_;
  const bool interleave = dice.Chance(dice.plan().interleave);
  while (!waiting.empty() && budget.records > 0) {
    const std::size_t at = interleave ? dice.Below(waiting.size()) : 0;
    FetchBudget run = budget;
    if (interleave) run.records = std::min<std::size_t>(run.records, 1 + dice.Below(kRunMax));
    const std::size_t before = run.records;
    auto done = Take(waiting[at], run, result);
    if (!done.ok()) {
      // What was already taken must be delivered; the error comes again with the next call.
      if (result.records.empty() && result.ends.empty()) return std::move(done).error();
      return result;
    }
    budget.records -= before - run.records;
    budget.bytes = run.bytes;
    budget.taken = run.taken;
    const bool stuck = before == run.records && !*done;  // the next record exceeds the bytes
    if (stuck) break;
    if (*done) waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return result;
}

Result<bool> SimulatedReader::Take(std::uint32_t source, FetchBudget& budget, PollResult& into) {
  Place& place = places_[source];
  const PartitionLog* partition = connection_->cluster->FindPartition(place.from);
  if (partition == nullptr) {
    return MakeError(ErrorCode::kNotFound, PartitionName(place.from) + " does not exist: create the topic");
  }
  const Offset high = partition->End(Isolation::kReadUncommitted);
  if (place.next < partition->Low() || place.next > high) {
    return MakeError(ErrorCode::kOutOfRange,
                     PartitionName(place.from) + "@" + std::to_string(place.next.value) +
                         " is outside the log, which holds " + std::to_string(partition->Low().value) +
                         " to " + std::to_string(high.value));
  }
  const std::size_t first = into.records.size();
  place.next = partition->Fetch(place.next, options_.isolation, budget, into.records);
  for (std::size_t i = first; i < into.records.size(); ++i) into.records[i].source = source;
  if (place.next < partition->End(options_.isolation)) return false;
  if (place.end_reported != place.next) into.ends.push_back({source, place.next});
  place.end_reported = place.next;
  return true;
}

}  // namespace freshet::simulated
