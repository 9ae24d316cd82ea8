#include "connectors/kafka/settings.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/format.h"

namespace freshet::kafka {
namespace {

constexpr std::size_t kClientIdBytesMax = 40;
constexpr std::int64_t kDefaultMessageMaxBytes = 1'000'000;

struct Decided {
  std::string_view name;
  std::string_view instead;
};

// Exactly-once rests on these; a second opinion about them would break it silently.
constexpr std::array kDecided{
    Decided{"bootstrap.servers", "set the address of the brokers"},
    Decided{"metadata.broker.list", "set the address of the brokers"},
    Decided{"client.id", "set the client id"},
    Decided{"transactional.id", "it follows from the application and the task"},
    Decided{"transaction.timeout.ms", "set the transaction timeout"},
    Decided{"enable.idempotence", "it is always on"},
    Decided{"acks", "it is always all"},
    Decided{"request.required.acks", "it is always all"},
    Decided{"group.id", "set the group"},
    Decided{"group.instance.id", "set the instance id"},
    Decided{"session.timeout.ms", "set the session timeout"},
    Decided{"isolation.level", "each reader chooses it"},
    Decided{"enable.auto.commit", "offsets are kept with the state"},
    Decided{"enable.auto.offset.store", "offsets are kept with the state"},
    Decided{"auto.offset.reset", "lost records must be an error"},
    Decided{"enable.partition.eof", "it is always on"},
    Decided{"partition.assignment.strategy", "it is always range"},
    Decided{"fetch.wait.max.ms", "each reader chooses it"},
    Decided{"queued.max.messages.kbytes", "set the buffer size of readers"},
    Decided{"allow.auto.create.topics", "topics are created on purpose only"},
    Decided{"statistics.interval.ms", "the process has metrics of its own"},
    Decided{"log.queue", "log lines go to the process's log"},
    Decided{"enabled_events", "callbacks are used"},
};

Result<void> CheckSection(const KafkaSettings& settings, std::string_view section) {
  for (const auto& [name, value] : settings) {
    const auto* found = std::find_if(kDecided.begin(), kDecided.end(),
                                     [&name = name](const Decided& d) { return d.name == name; });
    if (found == kDecided.end()) continue;
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("kafka setting {} ({}) cannot be set here: {}",
                                                              name, section, found->instead));
  }
  return {};
}

void Append(SettingList& to, const KafkaSettings& from) { to.insert(to.end(), from.begin(), from.end()); }
void Append(SettingList& to, const SettingList& from) { to.insert(to.end(), from.begin(), from.end()); }

SettingList CommonDefaults(const KafkaOptions& options) {
  return {
      {"bootstrap.servers", options.bootstrap_servers},
      {"client.id", options.client_id},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"log.connection.close", "false"},
      {"allow.auto.create.topics", "false"},
  };
}

SettingList WriterDefaults() {
  return {
      // Measured: 100 ms, librdkafka's default, is added to a commit that follows another one closely.
      {"retry.backoff.ms", "10"},
      // Every transaction and every commit flushes: only a batch that is full goes out before.
      {"linger.ms", "500"},
      {"batch.num.messages", "1000000"},
      {"compression.codec", "lz4"},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      // A batch is at most 8 MiB of input; what it writes fits several times. More waits in Append.
      {"queue.buffering.max.kbytes", "65536"},
  };
}

// A question is not asked for longer than the operation may take (librdkafka allows 10 ms to 5 minutes);
// query_watermark_offsets of 2.0.2 ignores its own timeout and obeys only this one.
std::string QuestionTimeout(const KafkaOptions& options) {
  return std::to_string(std::clamp<std::int64_t>(options.operation_timeout.count(), 1'000, 60'000));
}

SettingList ReaderDefaults() {
  return {
      {"check.crcs", "true"},
      {"enable.partition.eof", "true"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"fetch.error.backoff.ms", "50"},
      // A full queue stops fetching for a second (2.0.2 has no fetch.queue.backoff.ms), so that only the
      // bound in bytes may fill, and it holds a second or two of data.
      {"queued.min.messages", "1000000"},
  };
}

SettingList MemberDefaults() {
  return {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"partition.assignment.strategy", "range"},
      // A lead topic that grows or appears is noticed within this.
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
}

SettingList RoleDefaults(Role role, const KafkaOptions& options) {
  switch (role) {
    case Role::kWriter:
      return WriterDefaults();
    case Role::kReader:
      return ReaderDefaults();
    case Role::kMember:
      return MemberDefaults();
    case Role::kQuery:
      return {{"socket.timeout.ms", QuestionTimeout(options)}};
    case Role::kAdmin:
      return {};
  }
  return {};
}

const KafkaSettings& SectionOf(Role role, const KafkaOptions& options) {
  if (role == Role::kAdmin) return options.admin;
  return role == Role::kWriter ? options.producer : options.consumer;
}

}  // namespace

Result<void> CheckOptions(const KafkaOptions& options) {
  if (options.bootstrap_servers.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "no broker is named: set bootstrap_servers to host:port");
  }
  if (options.client_id.size() > kClientIdBytesMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("client id \"{}\" has {} bytes, at most {} are possible", options.client_id,
                                 options.client_id.size(), kClientIdBytesMax));
  }
  FRESHET_CHECK(CheckSection(options.common, "common"));
  FRESHET_CHECK(CheckSection(options.consumer, "consumer"));
  FRESHET_CHECK(CheckSection(options.producer, "producer"));
  return CheckSection(options.admin, "admin");
}

SettingList SettingsFor(Role role, const KafkaOptions& options, const SettingList& decided) {
  SettingList settings = CommonDefaults(options);
  Append(settings, RoleDefaults(role, options));
  Append(settings, options.common);
  Append(settings, SectionOf(role, options));
  Append(settings, decided);
  return settings;
}

std::int64_t MessageMaxBytes(const KafkaOptions& options) {
  std::int64_t bytes = kDefaultMessageMaxBytes;
  for (const auto& [name, value] : SettingsFor(Role::kWriter, options, {})) {
    if (name == "message.max.bytes") std::from_chars(value.data(), value.data() + value.size(), bytes);
  }
  return bytes;
}

bool IsSecret(std::string_view name) {
  constexpr std::array<std::string_view, 6> kMarks{"password", "secret",    ".pem",
                                                   "username", "sasl.jaas", "oauthbearer.config"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [name](std::string_view mark) { return name.find(mark) != std::string_view::npos; });
}

}  // namespace freshet::kafka
