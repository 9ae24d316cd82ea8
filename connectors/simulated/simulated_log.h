#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/simulated/simulated_cluster.h"
#include "freshet/log.h"

namespace freshet::simulated {

class Connection;

/// One process's connection to a SimulatedCluster. Poll never sleeps: where nothing comes, the virtual clock
/// moves on by the timeout.
class SimulatedLog final : public Log {
 public:
  explicit SimulatedLog(std::shared_ptr<SimulatedCluster> cluster, std::string process = "process");
  ~SimulatedLog() override;

  /// The process is dead from now on: nothing that it opened has any effect any more.
  void Crash();
  bool Alive() const;

  Result<std::string> ClusterId() override;
  Result<TopicDescription> Describe(const std::string& topic) override;
  Result<std::vector<TopicDescription>> List() override;
  Result<void> Create(const TopicSpec& spec) override;
  Result<void> Delete(const std::string& topic) override;
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override;
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override;
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override;
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override;
  std::int64_t MessageBytesMax() const override;

 private:
  static TopicDescription DescriptionOf(const std::string& name, const SimulatedCluster::Topic& topic);
  std::shared_ptr<SimulatedCluster> cluster_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace freshet::simulated
