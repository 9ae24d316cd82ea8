#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet::kafka {

/// A consumer that takes part in a group and never fetches: it assigns itself nothing, whatever the group
/// gives it, and only reports what that is. One thread; its callbacks run inside Poll and Leave.
class KafkaMembership final : public Membership {
 public:
  static Result<std::unique_ptr<Membership>> Open(const KafkaOptions& kafka, const GroupOptions& options);
  Result<std::optional<std::vector<TopicPartition>>> Poll(std::chrono::milliseconds timeout) override;
  Result<void> AdviseOffsets(const std::vector<Position>& next) override;
  Result<void> Leave() override;

 private:
  KafkaMembership(const KafkaOptions& kafka, const GroupOptions& options);
  Result<void> Subscribe();
  void HandOver(const Deadline& deadline);
  bool Owns(Partition partition) const;
  void Report(std::vector<TopicPartition> owned);
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);
  void Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                 const rd_kafka_topic_partition_list_t& partitions);
  static void OnOffsetCommit(rd_kafka_t* client, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t* offsets, void* opaque);

  const KafkaOptions kafka_;
  const GroupOptions options_;
  std::vector<TopicPartition> owned_;  // sorted
  bool told_ = false;                  // whether owned_ was ever reported
  bool news_ = false;                  // owned_ differs from what was reported last
  bool rebalancing_ = true;
  bool left_ = false;
  std::unique_ptr<Handle> handle_;  // after what its callbacks use
};

}  // namespace freshet::kafka
