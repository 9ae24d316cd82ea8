#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/log.h"

namespace freshet {

// What the logs have in common about topics: names and their limits.

/// 1 to 249 letters, digits, '.', '_' or '-', as in Kafka, so that names move freely between logs.
bool IsTopicName(std::string_view name);

/// kInvalidArgument: less than one partition, or more than `partitions_max`.
Result<void> CheckPartitions(const TopicSpec& spec, std::int32_t partitions_max);

/// As Kafka's cleanup.policy writes it: "delete", "compact" or "compact,delete".
std::string_view CleanupName(Cleanup cleanup);

/// How messages name a partition: "topic[2]".
std::string PartitionName(const TopicPartition& of);

}  // namespace freshet
