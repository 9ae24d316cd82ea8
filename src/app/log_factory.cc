#include "app/log_factory.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/format.h"
#include "base/topic_spec.h"
#include "config/topics.h"
#include "config/units.h"
#include "connectors/embedded/embedded_log.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet {
namespace {

SyncPolicy SyncPolicyOf(LogSync sync) {
  switch (sync) {
    case LogSync::kCommit:
      return SyncPolicy::kCommit;
    case LogSync::kInterval:
      return SyncPolicy::kInterval;
    case LogSync::kNever:
      return SyncPolicy::kNever;
  }
  return SyncPolicy::kCommit;
}

std::string CompressionName(ListCompression compression) {
  switch (compression) {
    case ListCompression::kNone:
      return "none";
    case ListCompression::kLz4:
      return "lz4";
    case ListCompression::kZstd:
      return "zstd";
  }
  return "none";
}

/// librdkafka has two names for it.
bool NamesCompression(const KafkaSettings& settings) {
  return settings.contains("compression.type") || settings.contains("compression.codec");
}

}  // namespace

KafkaOptions KafkaOptionsOf(const Config& config) {
  KafkaOptions options;
  options.bootstrap_servers = config.kafka.bootstrap_servers;
  options.common = config.kafka.common;
  options.consumer = config.kafka.consumer;
  options.producer = config.kafka.producer;
  options.admin = config.kafka.admin;
  if (!NamesCompression(options.common) && !NamesCompression(options.producer)) {
    options.producer["compression.type"] = CompressionName(config.publish.compression);
  }
  return options;
}

namespace {

Result<std::unique_ptr<Log>> OpenKafka(const Config& config) {
  FRESHET_TRY(std::unique_ptr<Log> log, KafkaLog::Open(KafkaOptionsOf(config)));
  return log;
}

Result<std::unique_ptr<Log>> OpenEmbedded(const Config& config, std::shared_ptr<StorageMemory> memory) {
  std::error_code failed;
  std::filesystem::create_directories(config.data.dir, failed);
  if (failed) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("cannot create {}: {}; set data.dir to a directory you may write",
                                 config.data.dir, failed.message()));
  }
  EmbeddedOptions options;
  options.sync = SyncPolicyOf(config.embedded.sync);
  options.sync_interval = config.embedded.sync_interval;
  options.maintenance_interval = config.embedded.maintenance_interval;
  options.memory = std::move(memory);
  options.tail_bytes_max = static_cast<std::size_t>(DivideMemory(config.state).queues);
  FRESHET_TRY(std::unique_ptr<Log> log, EmbeddedLog::Open(EmbeddedLogPath(config), options));
  return log;
}

void CompareSettings(TopicCheck& check, const TopicDescription& actual) {
  std::map<std::string, std::string> wanted = check.wanted.settings;
  wanted.erase("replication.factor");  // of creation only
  wanted["cleanup.policy"] = CleanupName(check.wanted.cleanup);
  if (check.wanted.retention) wanted["retention.ms"] = fmt::format("{}", check.wanted.retention->count());
  for (const auto& [name, value] : wanted) {
    const auto found = actual.settings.find(name);
    if (found == actual.settings.end() || found->second == value) continue;
    // Brokers of different versions order the two policies differently.
    if (name == "cleanup.policy" && value == "compact,delete" && found->second == "delete,compact") continue;
    check.differences.push_back(fmt::format("{} is {}, wanted {}", name, found->second, value));
  }
}

}  // namespace

std::string EmbeddedLogPath(const Config& config) { return config.data.dir + "/log"; }

Result<std::unique_ptr<Log>> OpenLog(const Config& config, LogAccess access,
                                     std::shared_ptr<StorageMemory> memory) {
  if (!UsesEmbeddedLog(config)) return OpenKafka(config);
  if (access == LogAccess::kReadWrite) return OpenEmbedded(config, std::move(memory));
  const std::string path = EmbeddedLogPath(config);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return MakeError(
        ErrorCode::kNotFound,
        fmt::format("there is no log at {}: is --data (data.dir) right? The first `freshet run` or "
                    "`freshet send` creates it",
                    path));
  }
  FRESHET_TRY(std::unique_ptr<Log> log, EmbeddedLog::OpenReadOnly(path));
  return log;
}

Result<std::vector<TopicCheck>> CheckTopics(Log& log, const Config& config) {
  FRESHET_TRY(const auto wanted, WantedTopics(config));
  FRESHET_TRY(const auto actual, log.List());
  std::vector<TopicCheck> checks;
  for (const TopicSpec& spec : wanted) {
    TopicCheck& check = checks.emplace_back();
    check.wanted = spec;
    const auto found = std::find_if(actual.begin(), actual.end(),
                                    [&](const TopicDescription& t) { return t.name == spec.name; });
    check.exists = found != actual.end();
    if (!check.exists) continue;
    FRESHET_TRY(const TopicDescription described, log.Describe(spec.name));
    if (described.partitions != spec.partitions) {
      check.differences.push_back(
          fmt::format("has {} partitions, wanted {}: set topics.user_partitions or "
                      "topics.item_partitions to match, or use another topics.prefix",
                      described.partitions, spec.partitions));
    }
    CompareSettings(check, described);
  }
  return checks;
}

Result<std::vector<std::string>> CreateMissingTopics(Log& log, const Config& config) {
  FRESHET_TRY(const auto wanted, WantedTopics(config));
  FRESHET_TRY(const auto actual, log.List());
  std::vector<std::string> created;
  for (const TopicSpec& spec : wanted) {
    const bool exists = std::any_of(actual.begin(), actual.end(),
                                    [&](const TopicDescription& t) { return t.name == spec.name; });
    if (exists) continue;
    const auto made = log.Create(spec);
    if (!made.ok() && made.error().code != ErrorCode::kAlreadyExists) return made.error().Within(spec.name);
    if (made.ok()) created.push_back(spec.name);
  }
  return created;
}

Result<std::string> FindTopic(const Config& config, Log& log, const std::string& name_or_role) {
  const std::string role = RoleOf(config, name_or_role);
  const std::string name = role.empty() ? name_or_role : TopicName(config, role);
  FRESHET_TRY(const auto topics, log.List());
  std::vector<std::string> names;
  for (const TopicDescription& topic : topics) names.push_back(topic.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  std::sort(names.begin(), names.end());
  return MakeError(ErrorCode::kNotFound,
                   names.empty()
                       ? fmt::format("there is no topic {}; the log has none yet", name)
                       : fmt::format("there is no topic {}; there are {}", name, fmt::join(names, ", ")));
}

}  // namespace freshet
