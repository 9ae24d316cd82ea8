#include "connectors/kafka/admin.h"

#include <array>
#include <charconv>
#include <thread>

#include "base/assert.h"
#include "base/format.h"
#include "base/logging.h"
#include "base/topic_spec.h"
#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

constexpr std::chrono::milliseconds kAskAgain{20};
// The broker answers within the operation timeout; its answer may travel a little longer.
constexpr std::chrono::milliseconds kAnswerSlack{1'000};
constexpr std::string_view kReplication = "replication.factor";
constexpr std::size_t kErrorTextBytes = 512;

KafkaSettings ConfigsOf(const TopicSpec& spec) {
  KafkaSettings configs{{"cleanup.policy", std::string(CleanupName(spec.cleanup))},
                        {"retention.ms", std::to_string(spec.retention ? spec.retention->count() : -1)}};
  if (spec.message_bytes_max) configs["max.message.bytes"] = std::to_string(*spec.message_bytes_max);
  for (const auto& [name, value] : spec.settings) {
    if (name != kReplication) configs[name] = value;
  }
  return configs;
}

Result<int> ReplicationOf(const TopicSpec& spec) {
  constexpr int kClusterDefault = -1;
  const auto found = spec.settings.find(std::string(kReplication));
  if (found == spec.settings.end()) return kClusterDefault;
  const std::string& text = found->second;
  int factor = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), factor);
  if (failure == std::errc() && end == text.data() + text.size() && factor > 0) return factor;
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("create {}: {} = \"{}\" is not a number above 0",
                                                            spec.name, kReplication, text));
}

Result<Owned<rd_kafka_NewTopic_t>> Convert(const TopicSpec& spec) {
  FRESHET_TRY(const int replication, ReplicationOf(spec));
  std::array<char, kErrorTextBytes> text{};
  Owned<rd_kafka_NewTopic_t> topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, replication, text.data(), text.size()));
  if (!topic) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("create \"{}\": {}", spec.name, text.data()));
  }
  for (const auto& [name, value] : ConfigsOf(spec)) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  return topic;
}

Result<void> OnlyResult(const rd_kafka_topic_result_t* const* results, std::size_t count,
                        std::string_view what) {
  if (count != 1) return MakeError(ErrorCode::kUnavailable, fmt::format("{}: {} answers", what, count));
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* detail = rd_kafka_topic_result_error_string(results[0]);
  return ErrorFrom(code, what, detail ? detail : "");
}

KafkaSettings Entries(const rd_kafka_ConfigResource_t* resource) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  KafkaSettings settings;
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value && !rd_kafka_ConfigEntry_is_sensitive(entries[i])) {
      settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
    }
  }
  return settings;
}

std::map<std::string, KafkaSettings> SettingsIn(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const auto* answer = rd_kafka_event_DescribeConfigs_result(event);
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(answer, &count);
  std::map<std::string, KafkaSettings> settings;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_ConfigResource_error(resources[i]);
    const std::string name = rd_kafka_ConfigResource_name(resources[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      settings[name] = Entries(resources[i]);
    } else if (code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
      LogWarn("topic settings cannot be read", {{"topic", name}, {"why", rd_kafka_err2str(code)}});
    }
  }
  return settings;
}

}  // namespace

Result<std::unique_ptr<Admin>> Admin::Open(const KafkaOptions& kafka) {
  HandleSpec spec;
  spec.type = RD_KAFKA_PRODUCER;
  spec.name = "admin";
  spec.settings = SettingsFor(Role::kAdmin, kafka, {});
  FRESHET_TRY(auto handle, Handle::Open(spec));
  return std::unique_ptr<Admin>(new Admin(kafka, std::move(handle)));
}

Admin::Admin(const KafkaOptions& kafka, Handle handle) : kafka_(kafka), handle_(std::move(handle)) {}

Result<std::string> Admin::ClusterId() const {
  char* id = rd_kafka_clusterid(handle_.get(), static_cast<int>(kafka_.operation_timeout.count()));
  if (!id) {
    return handle_.Explain(MakeError(
        ErrorCode::kUnavailable,
        fmt::format(
            "no broker of {} answers: check kafka.bootstrap_servers, and TLS and SASL under [kafka.common]",
            kafka_.bootstrap_servers)));
  }
  std::string copied(id);
  rd_kafka_mem_free(handle_.get(), id);
  return copied;
}

Result<TopicDescription> Admin::Describe(const std::string& topic) const {
  FRESHET_TRY(TopicMetadata metadata, FetchTopicMetadata(handle_.get(), topic, kafka_.operation_timeout));
  FRESHET_TRY(auto settings, DescribeSettings({topic}));
  return TopicDescription{topic, metadata.partitions, "", std::move(settings[topic])};
}

Result<std::vector<TopicDescription>> Admin::List() const {
  FRESHET_TRY(const auto topics, FetchAllMetadata(handle_.get(), kafka_.operation_timeout));
  std::vector<std::string> names;
  for (const TopicMetadata& topic : topics) names.push_back(topic.name);
  FRESHET_TRY(auto settings, DescribeSettings(names));
  std::vector<TopicDescription> described;
  for (const TopicMetadata& topic : topics) {
    described.push_back({topic.name, topic.partitions, "", std::move(settings[topic.name])});
  }
  return described;
}

Result<void> Admin::Create(const TopicSpec& spec) const {
  const std::string what = "create " + spec.name;
  FRESHET_TRY(const auto topic, Convert(spec));
  const auto options = Options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_.get()));
  std::array topics{topic.get()};
  rd_kafka_CreateTopics(handle_.get(), topics.data(), topics.size(), options.get(), queue.get());
  FRESHET_TRY(const auto event, Await(queue.get(), what));
  std::size_t count = 0;
  const auto* answer = rd_kafka_event_CreateTopics_result(event.get());
  const auto* const* created = rd_kafka_CreateTopics_result_topics(answer, &count);
  FRESHET_CHECK(OnlyResult(created, count, what));
  return WaitUntilReady(spec);
}

Result<void> Admin::Delete(const std::string& topic) const {
  const std::string what = "delete " + topic;
  const Owned<rd_kafka_DeleteTopic_t> request(rd_kafka_DeleteTopic_new(topic.c_str()));
  const auto options = Options(RD_KAFKA_ADMIN_OP_DELETETOPICS);
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_.get()));
  std::array requests{request.get()};
  rd_kafka_DeleteTopics(handle_.get(), requests.data(), requests.size(), options.get(), queue.get());
  FRESHET_TRY(const auto event, Await(queue.get(), what));
  std::size_t count = 0;
  const auto* answer = rd_kafka_event_DeleteTopics_result(event.get());
  const auto* const* deleted = rd_kafka_DeleteTopics_result_topics(answer, &count);
  FRESHET_CHECK(OnlyResult(deleted, count, what));
  return WaitUntilGone(topic);
}

Result<std::map<std::string, KafkaSettings>> Admin::DescribeSettings(
    const std::vector<std::string>& topics) const {
  if (topics.empty()) return std::map<std::string, KafkaSettings>();
  std::vector<Owned<rd_kafka_ConfigResource_t>> resources;
  std::vector<rd_kafka_ConfigResource_t*> borrowed;
  for (const std::string& topic : topics) {
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    if (!resources.back()) return MakeError(ErrorCode::kInvalidArgument, "describe: a topic's name is empty");
    borrowed.push_back(resources.back().get());
  }
  const auto options = Options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_.get()));
  rd_kafka_DescribeConfigs(handle_.get(), borrowed.data(), borrowed.size(), options.get(), queue.get());
  FRESHET_TRY(const auto event, Await(queue.get(), "describe settings"));
  return SettingsIn(event.get());
}

Result<Owned<rd_kafka_event_t>> Admin::Await(rd_kafka_queue_t* queue, std::string_view what) const {
  const auto patience = kafka_.operation_timeout + kAnswerSlack;
  Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, static_cast<int>(patience.count())));
  if (!event) return handle_.Explain(MakeError(ErrorCode::kTimeout, fmt::format("{}: no answer", what)));
  const auto code = rd_kafka_event_error(event.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
  return handle_.Explain(ErrorFrom(code, what, rd_kafka_event_error_string(event.get())));
}

Owned<rd_kafka_AdminOptions_t> Admin::Options(rd_kafka_admin_op_t operation) const {
  Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(handle_.get(), operation));
  std::array<char, kErrorTextBytes> text{};
  const int timeout = static_cast<int>(kafka_.operation_timeout.count());
  const auto code =
      rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, text.data(), text.size());
  FRESHET_ASSERT(code == RD_KAFKA_RESP_ERR_NO_ERROR);  // KafkaLog::Open has checked the range
  return options;
}

// A topic is created before every broker knows it; the next call should find it ready.
Result<void> Admin::WaitUntilReady(const TopicSpec& spec) const {
  const Deadline deadline(kafka_.operation_timeout);
  while (!deadline.Passed()) {
    const auto found = FetchTopicMetadata(handle_.get(), spec.name, kafka_.operation_timeout);
    if (found.ok() && found->has_leaders && found->partitions == spec.partitions) return {};
    std::this_thread::sleep_for(kAskAgain);
  }
  return MakeError(ErrorCode::kTimeout, fmt::format("create {}: it has no leaders yet", spec.name));
}

Result<void> Admin::WaitUntilGone(const std::string& topic) const {
  const Deadline deadline(kafka_.operation_timeout);
  while (!deadline.Passed()) {
    const auto found = FetchTopicMetadata(handle_.get(), topic, kafka_.operation_timeout);
    if (!found.ok() && found.error().code == ErrorCode::kNotFound) return {};
    std::this_thread::sleep_for(kAskAgain);
  }
  return MakeError(ErrorCode::kTimeout, fmt::format("delete {}: it is still listed", topic));
}

}  // namespace freshet::kafka
