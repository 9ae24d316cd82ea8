#include "connectors/simulated/simulated_membership.h"

namespace freshet::simulated {

SimulatedMembership::SimulatedMembership(std::shared_ptr<Connection> connection, GroupOptions options)
    : connection_(std::move(connection)),
      options_(std::move(options)),
      seat_(connection_->cluster->groups_.Join(options_)) {}

Result<std::optional<std::vector<TopicPartition>>> SimulatedMembership::Poll(
    std::chrono::milliseconds timeout) {
  return connection_->Call(Operation::kGroupPoll, [&](Injection) -> Result<std::optional<Owned>> {
    if (left_) return MakeError(ErrorCode::kInvalidArgument, "polled after Leave: join again");
    FRESHET_TRY(auto owned, PollOnce());
    if (owned) {
      owns_ = !owned->empty();
    } else {
      connection_->cluster->clock_.Advance(timeout);
    }
    return owned;
  });
}

Result<std::optional<std::vector<TopicPartition>>> SimulatedMembership::PollOnce() {
  GroupCoordinator& groups = connection_->cluster->groups_;
  auto polled = groups.Poll(seat_);
  if (polled.ok() || polled.error().code != ErrorCode::kNotFound) return polled;
  // The session expired while this process stood still: what it owned is lost, and it comes in anew.
  seat_ = groups.Join(options_);
  if (owns_) return std::optional<Owned>(Owned());
  return groups.Poll(seat_);
}

Result<void> SimulatedMembership::AdviseOffsets(const std::vector<Position>& next) {
  return connection_->Call(Operation::kAdvise, [&](Injection) -> Result<void> {
    connection_->cluster->groups_.Advise(options_.group, next);
    return {};
  });
}

Result<void> SimulatedMembership::Leave() {
  return connection_->Call(Operation::kLeave, [this](Injection) -> Result<void> {
    left_ = true;
    return connection_->cluster->groups_.Leave(seat_);
  });
}

}  // namespace freshet::simulated
