#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/metadata.h"

namespace freshet::kafka {

/// Topic administration. Thread-safe: librdkafka's client is.
class Admin final {
 public:
  static Result<std::unique_ptr<Admin>> Open(const KafkaOptions& kafka);
  Result<std::string> ClusterId() const;
  Result<TopicDescription> Describe(const std::string& topic) const;
  Result<std::vector<TopicDescription>> List() const;
  Result<void> Create(const TopicSpec& spec) const;
  Result<void> Delete(const std::string& topic) const;

  /// Topic configs by topic. Topics that are not there, and all of them without the right to look, are left
  /// out.
  Result<std::map<std::string, KafkaSettings>> DescribeSettings(const std::vector<std::string>& topics) const;

 private:
  Admin(const KafkaOptions& kafka, Handle handle);
  Result<void> WaitUntilReady(const TopicSpec& spec) const;
  Result<void> WaitUntilGone(const std::string& topic) const;
  Result<Owned<rd_kafka_event_t>> Await(rd_kafka_queue_t* queue, std::string_view what) const;
  Owned<rd_kafka_AdminOptions_t> Options(rd_kafka_admin_op_t operation) const;

  const KafkaOptions kafka_;
  Handle handle_;
};

}  // namespace freshet::kafka
