#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/simulated/connection.h"
#include "freshet/log.h"

namespace freshet::simulated {

class SimulatedReader final : public Reader {
 public:
  SimulatedReader(std::shared_ptr<Connection> connection, ReaderOptions options)
      : connection_(std::move(connection)), options_(options) {}
  Result<void> Assign(std::vector<Position> positions) override;
  Result<PollResult> Poll(std::chrono::milliseconds timeout, const PollLimits& limits) override;

 private:
  struct Place {
    TopicPartition from;
    Offset next;
    std::optional<Offset> end_reported;
  };
  Result<PollResult> Collect(const PollLimits& limits);
  /// Takes a run of records; true: the partition has no more for now.
  Result<bool> Take(std::uint32_t source, FetchBudget& budget, PollResult& into);

  std::shared_ptr<Connection> connection_;
  ReaderOptions options_;
  std::vector<Place> places_;
  std::size_t first_ = 0;
};

}  // namespace freshet::simulated
