#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <string>
#include <vector>

#include "freshet/result.h"

namespace freshet::kafka {

struct TopicMetadata {
  std::string name;
  std::int32_t partitions = 0;
  bool has_leaders = false;  ///< every partition can be written and read now
};

/// Asks a broker; kNotFound when there is no such topic. Also warms the client's own cache, without which
/// the first record to a topic takes up to a second in librdkafka 2.0.2.
Result<TopicMetadata> FetchTopicMetadata(rd_kafka_t* client, const std::string& topic,
                                         std::chrono::milliseconds timeout);

/// All topics that are not Kafka's own, by name.
Result<std::vector<TopicMetadata>> FetchAllMetadata(rd_kafka_t* client, std::chrono::milliseconds timeout);

}  // namespace freshet::kafka
