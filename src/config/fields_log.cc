#include "config/field_builders.h"

namespace freshet {
namespace {

std::vector<Field> AppFields() {
  return {
      Text(
          "app.id",
          "Name of this application: prefix of its internal topics and transactional ids, and the consumer "
          "group\n"
          "unless kafka.group is set. Changing it starts from nothing.",
          [](auto& c) -> auto& { return c.app.id; }),
      Text(
          "data.dir",
          "Directory of the state, of the embedded log and of the running instance's address. One process "
          "only.",
          [](auto& c) -> auto& { return c.data.dir; }),
  };
}

std::vector<Field> TopicNameFields() {
  return {
      Text(
          "topics.prefix", "Put before every topic name, for example \"shop.\" where several share a broker.",
          [](auto& c) -> auto& { return c.topics.prefix; }),
      Text(
          "topics.interactions", "Input: clicks, purchases and the like. Key: user.",
          [](auto& c) -> auto& { return c.topics.interactions; }),
      Text(
          "topics.ratings", "Input: explicit ratings. Key: user.",
          [](auto& c) -> auto& { return c.topics.ratings; }),
      Text(
          "topics.feedback", "Input: what became of published recommendations. Key: user.",
          [](auto& c) -> auto& { return c.topics.feedback; }),
      Text(
          "topics.catalogue", "Input: items. Key: item; compacted.",
          [](auto& c) -> auto& { return c.topics.catalogue; }),
      Text(
          "topics.profiles", "Input: what users are interested in. Key: user; compacted.",
          [](auto& c) -> auto& { return c.topics.profiles; }),
      Text(
          "topics.recommendations", "Output: one list a user. Key: user; compacted.",
          [](auto& c) -> auto& { return c.topics.recommendations; }),
      Text(
          "topics.dead_letters", "Output: input that was refused, with the reason.",
          [](auto& c) -> auto& { return c.topics.dead_letters; }),
      Text(
          "topics.evaluations", "Output: how good the published lists are. Key: model and metric.",
          [](auto& c) -> auto& { return c.topics.evaluations; }),
      Text(
          "topics.item_deltas", "Inside: what user tasks learned about items. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.item_deltas; }),
      Text(
          "topics.item_model", "Inside: the item model that every process reads. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.item_model; }),
      Text(
          "topics.user_links",
          "Inside: users on their way from one id to another. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.user_links; }),
      Text(
          "topics.net_lessons", "Inside: what the next-item network learns from. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.net_lessons; }),
      Text(
          "topics.user_changelog", "Inside: state of the user tasks. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.user_changelog; }),
      Text(
          "topics.item_changelog", "Inside: state of the item tasks. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.item_changelog; }),
      Text(
          "topics.net_changelog", "Inside: state of the network's task. <app.id>- is put before it.",
          [](auto& c) -> auto& { return c.topics.net_changelog; }),
  };
}

std::vector<Field> TopicLayoutFields() {
  return {
      Integer(
          "topics.user_partitions", {1, 1024},
          "Partitions of the topics keyed by user, which is the number of user tasks of the whole group.\n"
          "It cannot change later: take the largest number of processor cores you will ever give it.",
          [](auto& c) -> auto& { return c.topics.user_partitions; }),
      Integer(
          "topics.item_partitions", {1, 1024},
          "Partitions of the topics keyed by item: item tasks do less work, so fewer are needed.",
          [](auto& c) -> auto& { return c.topics.item_partitions; }),
      Integer(
          "topics.replication_factor", {-1, 16},
          "Copies of each partition when `freshet topics create` makes topics on Kafka. -1: the broker's "
          "default.",
          [](auto& c) -> auto& { return c.topics.replication_factor; }),
      Text(
          "topics.file",
          "File with clean-up and retention of each topic, like config/topics.toml. Empty: the same, built "
          "in.",
          [](auto& c) -> auto& { return c.topics.file; }),
  };
}

std::vector<Field> KafkaFields() {
  return {
      Text(
          "kafka.bootstrap_servers",
          "host:port[,host:port] of the brokers. Empty: no Kafka, the embedded log under data.dir.",
          [](auto& c) -> auto& { return c.kafka.bootstrap_servers; }),
      Text(
          "kafka.group", "Consumer group that shares the partitions. Empty: app.id.",
          [](auto& c) -> auto& { return c.kafka.group; }),
      Text(
          "kafka.instance_id",
          "Stable name of this process in its group (static membership), for example the pod's name: a "
          "restart\n"
          "within session_timeout then moves no partition. Empty: none.",
          [](auto& c) -> auto& { return c.kafka.instance_id; }),
      Duration(
          "kafka.session_timeout", {1'000, 30 * kMinuteMs},
          "A process that is silent for so long loses its partitions. 45s survives a rolling restart.",
          [](auto& c) -> auto& { return c.kafka.session_timeout; }),
      Settings(
          "kafka.common",
          "librdkafka settings of all clients by librdkafka's own names, for example\n"
          "  \"security.protocol\" = \"SASL_SSL\"\n"
          "  \"sasl.username\" = \"freshet\"\n"
          "  \"sasl.password_file\" = \"/run/secrets/kafka\"\n"
          "A name with _file at its end reads the value from that file; secrets are never shown.",
          [](auto& c) -> auto& { return c.kafka.common; }),
      Settings(
          "kafka.consumer", "The same for consumers only, for example \"fetch.wait.max.ms\" = \"50\".",
          [](auto& c) -> auto& { return c.kafka.consumer; }),
      Settings(
          "kafka.producer", "The same for producers only, for example \"compression.type\" = \"lz4\".",
          [](auto& c) -> auto& { return c.kafka.producer; }),
      Settings(
          "kafka.admin", "The same for topic administration only.",
          [](auto& c) -> auto& { return c.kafka.admin; }),
  };
}

std::vector<Field> EmbeddedFields() {
  return {
      Choice<LogSync>(
          "embedded.sync",
          {{"commit", LogSync::kCommit}, {"interval", LogSync::kInterval}, {"never", LogSync::kNever}},
          "When the embedded log forces its file to the disk: at every commit, every sync_interval, or when "
          "the\n"
          "operating system likes. A killed process loses nothing with any of them; a power cut loses at "
          "most\n"
          "what was not yet forced.",
          [](auto& c) -> auto& { return c.embedded.sync; }),
      Duration(
          "embedded.sync_interval", {1, kMinuteMs},
          "Time between two forced writes with sync = \"interval\": the most that a power cut can take.",
          [](auto& c) -> auto& { return c.embedded.sync_interval; }),
      Duration(
          "embedded.maintenance_interval", {1'000, kDayMs},
          "Time between two bounded steps of retention and compaction.",
          [](auto& c) -> auto& { return c.embedded.maintenance_interval; }),
  };
}

}  // namespace

std::vector<Field> LogFields() {
  std::vector<Field> fields = AppFields();
  for (const auto& part : {TopicNameFields(), TopicLayoutFields(), KafkaFields(), EmbeddedFields()}) {
    fields.insert(fields.end(), part.begin(), part.end());
  }
  return fields;
}

}  // namespace freshet
