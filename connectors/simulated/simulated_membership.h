#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/simulated/connection.h"
#include "freshet/log.h"

namespace freshet::simulated {

class SimulatedMembership final : public Membership {
 public:
  /// Called with the cluster's lock held.
  SimulatedMembership(std::shared_ptr<Connection> connection, GroupOptions options);
  Result<std::optional<std::vector<TopicPartition>>> Poll(std::chrono::milliseconds timeout) override;
  Result<void> AdviseOffsets(const std::vector<Position>& next) override;
  Result<void> Leave() override;

 private:
  using Owned = std::vector<TopicPartition>;
  Result<std::optional<Owned>> PollOnce();

  std::shared_ptr<Connection> connection_;
  GroupOptions options_;
  GroupSeat seat_;
  bool owns_ = false;
  bool left_ = false;
};

}  // namespace freshet::simulated
