#include "connectors/simulated/faults.h"

namespace freshet::simulated {

namespace {

// These stay inside the client and cannot be refused by the broker.
bool IsLocal(Operation operation) {
  return operation == Operation::kOpen || operation == Operation::kAssign || operation == Operation::kBegin ||
         operation == Operation::kAppend;
}

}  // namespace

void FaultDice::Script(Operation operation, Injection injection, int times) {
  script_[operation].insert(script_[operation].end(), static_cast<std::size_t>(times), injection);
}

Injection FaultDice::Draw(Operation operation) {
  const auto scripted = script_.find(operation);
  if (scripted != script_.end() && !scripted->second.empty()) {
    const Injection injection = scripted->second.front();
    scripted->second.pop_front();
    return injection;
  }
  if (Chance(plan_.stall)) return Injection::kStall;
  if (!IsLocal(operation) && Chance(plan_.unavailable)) return Injection::kUnavailable;
  return DrawForWriter(operation);
}

Injection FaultDice::DrawForWriter(Operation operation) {
  if (operation == Operation::kInitialise && Chance(plan_.initialise_unanswered))
    return Injection::kTimeoutDone;
  if (operation != Operation::kAppend && operation != Operation::kCommit) return Injection::kNone;
  if (Chance(plan_.fenced)) return Injection::kFenced;
  if (Chance(plan_.aborted)) return Injection::kAborted;
  if (operation == Operation::kAppend) return Injection::kNone;
  if (Chance(plan_.commit_unanswered)) return Injection::kTimeoutDone;
  if (Chance(plan_.commit_lost)) return Injection::kTimeoutNotDone;
  return Injection::kNone;
}

}  // namespace freshet::simulated
