#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "freshet/log.h"
#include "freshet/result.h"

namespace freshet {

class StorageMemory;

enum class LogAccess { kReadWrite, kReadOnly };

/// Where the embedded log lies: <data.dir>/log.
std::string EmbeddedLogPath(const Config& config);

struct KafkaOptions;

/// What the configuration says about Kafka. publish.compression counts where no librdkafka setting says else.
KafkaOptions KafkaOptionsOf(const Config& config);

/// The log that the configuration names: Kafka where brokers are given, else the embedded one. `memory` is
/// shared with the databases of the state; null: a small one of its own. kReadOnly works beside a running
/// instance. kAlreadyExists: a running instance has the embedded log; kNotFound: nothing to read there yet.
Result<std::unique_ptr<Log>> OpenLog(const Config& config, LogAccess access,
                                     std::shared_ptr<StorageMemory> memory = nullptr);

/// A topic beside what it should be. `differences` are sentences with what to change; empty: as wanted.
struct TopicCheck {
  TopicSpec wanted;
  bool exists = false;
  std::vector<std::string> differences;
};

/// Compares the topics of the configuration with those on the log.
Result<std::vector<TopicCheck>> CheckTopics(Log& log, const Config& config);

/// Creates the topics that are missing; the names of those created.
Result<std::vector<std::string>> CreateMissingTopics(Log& log, const Config& config);

/// Name on the log of a topic given as role or as name. kNotFound names the topics there are.
Result<std::string> FindTopic(const Config& config, Log& log, const std::string& name_or_role);

}  // namespace freshet
