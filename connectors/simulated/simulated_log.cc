#include "connectors/simulated/simulated_log.h"

#include "base/topic_spec.h"
#include "connectors/simulated/connection.h"
#include "connectors/simulated/simulated_membership.h"
#include "connectors/simulated/simulated_reader.h"
#include "connectors/simulated/simulated_writer.h"

namespace freshet::simulated {

namespace {

constexpr std::int32_t kPartitionsMax = 10'000;  // beyond it is a slip of the test's

Error NoTopic(const std::string& topic) {
  return MakeError(ErrorCode::kNotFound, "topic " + topic + " does not exist: create it");
}

Error NoPartition(const TopicPartition& of) {
  return MakeError(ErrorCode::kNotFound,
                   PartitionName(of) + " does not exist: create the topic with enough partitions");
}

}  // namespace

SimulatedLog::SimulatedLog(std::shared_ptr<SimulatedCluster> cluster, std::string process)
    : cluster_(std::move(cluster)), connection_(std::make_shared<Connection>(cluster_, std::move(process))) {}

SimulatedLog::~SimulatedLog() = default;

void SimulatedLog::Crash() { connection_->Cut(); }

bool SimulatedLog::Alive() const { return connection_->Alive(); }

Result<std::string> SimulatedLog::ClusterId() {
  return connection_->Call(Operation::kClusterId, [this](Injection) -> Result<std::string> {
    return "simulated-" + std::to_string(cluster_->options_.seed);
  });
}

TopicDescription SimulatedLog::DescriptionOf(const std::string& name, const SimulatedCluster::Topic& topic) {
  TopicDescription description{name, topic.spec.partitions, topic.id, topic.spec.settings};
  description.settings["cleanup.policy"] = CleanupName(topic.spec.cleanup);
  if (topic.spec.retention) {
    description.settings["retention.ms"] = std::to_string(topic.spec.retention->count());
  }
  if (topic.spec.message_bytes_max) {
    description.settings["max.message.bytes"] = std::to_string(*topic.spec.message_bytes_max);
  }
  return description;
}

Result<TopicDescription> SimulatedLog::Describe(const std::string& topic) {
  return connection_->Call(Operation::kDescribe, [&](Injection) -> Result<TopicDescription> {
    const SimulatedCluster::Topic* found = cluster_->FindTopic(topic);
    if (found == nullptr) return NoTopic(topic);
    return DescriptionOf(topic, *found);
  });
}

Result<std::vector<TopicDescription>> SimulatedLog::List() {
  return connection_->Call(Operation::kList, [this](Injection) -> Result<std::vector<TopicDescription>> {
    std::vector<TopicDescription> all;
    for (const auto& [name, topic] : cluster_->topics_) all.push_back(DescriptionOf(name, topic));
    return all;
  });
}

Result<void> SimulatedLog::Create(const TopicSpec& spec) {
  return connection_->Call(Operation::kCreate, [&](Injection) -> Result<void> {
    if (spec.name.empty() || spec.partitions < 1 || spec.partitions > kPartitionsMax) {
      return MakeError(ErrorCode::kInvalidArgument, "topic '" + spec.name + "' with " +
                                                        std::to_string(spec.partitions) +
                                                        " partitions: give it a name and at least one");
    }
    if (cluster_->FindTopic(spec.name) != nullptr) {
      return MakeError(ErrorCode::kAlreadyExists, "topic " + spec.name + " exists");
    }
    SimulatedCluster::Topic& topic = cluster_->topics_[spec.name];
    topic.spec = spec;
    topic.id = "topic-" + std::to_string(++cluster_->topics_created_);
    topic.partitions.resize(static_cast<std::size_t>(spec.partitions));
    return {};
  });
}

Result<void> SimulatedLog::Delete(const std::string& topic) {
  return connection_->Call(Operation::kDelete, [&](Injection) -> Result<void> {
    if (cluster_->topics_.erase(topic) == 0) return NoTopic(topic);
    return {};
  });
}

Result<Watermarks> SimulatedLog::QueryWatermarks(const TopicPartition& of, Isolation isolation) {
  return connection_->Call(Operation::kWatermarks, [&](Injection) -> Result<Watermarks> {
    const PartitionLog* partition = cluster_->FindPartition(of);
    if (partition == nullptr) return NoPartition(of);
    return Watermarks{partition->Low(), partition->End(isolation)};
  });
}

Result<Offset> SimulatedLog::OffsetForTime(const TopicPartition& of, Timestamp time) {
  return connection_->Call(Operation::kOffsetForTime, [&](Injection) -> Result<Offset> {
    const PartitionLog* partition = cluster_->FindPartition(of);
    if (partition == nullptr) return NoPartition(of);
    return partition->OffsetForTime(time);
  });
}

Result<std::unique_ptr<Reader>> SimulatedLog::OpenReader(const ReaderOptions& options) {
  return connection_->Call(Operation::kOpen, [&](Injection) -> Result<std::unique_ptr<Reader>> {
    return std::make_unique<SimulatedReader>(connection_, options);
  });
}

Result<std::unique_ptr<Writer>> SimulatedLog::OpenWriter(const WriterOptions& options) {
  return connection_->Call(Operation::kOpen, [&](Injection) -> Result<std::unique_ptr<Writer>> {
    return std::make_unique<SimulatedWriter>(connection_, options);
  });
}

Result<std::unique_ptr<Membership>> SimulatedLog::Join(const GroupOptions& options) {
  return connection_->Call(Operation::kJoin, [&](Injection) -> Result<std::unique_ptr<Membership>> {
    return std::make_unique<SimulatedMembership>(connection_, options);
  });
}

std::int64_t SimulatedLog::MessageBytesMax() const { return cluster_->options_.message_bytes_max; }

}  // namespace freshet::simulated
