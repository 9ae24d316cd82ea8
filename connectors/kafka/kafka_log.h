#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "freshet/log.h"
#include "freshet/result.h"

namespace freshet {

/// Names and values that librdkafka documents (CONFIGURATION.md of version 2.0), passed through unchanged.
using KafkaSettings = std::map<std::string, std::string>;

struct KafkaOptions {
  std::string bootstrap_servers;      ///< "host:port,host:port"
  std::string client_id = "freshet";  ///< at most 40 bytes (librdkafka 2.0.2 crashes on long ones)
  KafkaSettings common;               ///< for every connection: security.protocol, sasl.*, ssl.*, socket.*
  KafkaSettings consumer;             ///< for readers, group members and watermark queries
  KafkaSettings producer;             ///< for writers
  KafkaSettings admin;                ///< for topic administration
  /// One admin call, one metadata question, one full queue, Writer::Initialise. Commit and Abort are bounded
  /// by the transaction's timeout instead: librdkafka loses track of a transaction when they end earlier.
  std::chrono::milliseconds operation_timeout{30'000};
  std::chrono::milliseconds leave_timeout{5'000};  ///< Membership::Leave; afterwards the handle is dropped
};

/// Topics of a Kafka cluster (brokers 2.5 to 4.x), by librdkafka 2.0.2. Thread-safe; what it opens is not.
///
/// A topic's settings (TopicSpec::settings) are Kafka's topic configs, and `replication.factor`, which
/// defaults to the cluster's own. TopicDescription::id stays empty: this librdkafka cannot ask for it.
///
/// Writers: idempotent, acks=all. Commit returns when the outcome is decided; committed readers and the last
/// stable offset follow some milliseconds later. A fenced producer and a timed-out transaction look alike:
/// both are kFenced. Without a transactional id Abort cannot take back what was appended, and Commit answers
/// kAborted when a record could not be delivered. A writer destroyed in mid-transaction aborts it, within a
/// second; a process that dies leaves it to its successor's Initialise (0.5 s) or to the transaction timeout.
/// After kAborted because the broker refused a record, the next transaction may end in kAborted once more.
///
/// Readers: an error about a position (kOutOfRange, kNotFound, kCorrupt) is repeated by every Poll until the
/// next Assign, so that nobody reads past it by accident.
///
/// Members: a rebalance reports only the new ownership, not the moment without one between two assignments,
/// so tasks that stay run on; whoever gets a moved partition fences its old writer (without transactions both
/// may write for a moment). A lost session is
/// reported at once as an empty list. kFenced: another process joined with the same instance id; open anew
/// only when that is resolved. Leave hands over at once, with and without an instance id. Destruction without
/// Leave keeps the place in the group for session_timeout: with an instance id, a restart within it gets the
/// same partitions back at once and disturbs nobody.
class KafkaLog final : public Log {
 public:
  /// Checks every setting (kInvalidArgument with librdkafka's words; secrets are never repeated) and reaches
  /// the cluster within operation_timeout (else kUnavailable with the last connection error).
  static Result<std::unique_ptr<KafkaLog>> Open(KafkaOptions options);
  ~KafkaLog() override;

  Result<std::string> ClusterId() override;
  Result<TopicDescription> Describe(const std::string& topic) override;
  Result<std::vector<TopicDescription>> List() override;
  Result<void> Create(const TopicSpec& spec) override;
  Result<void> Delete(const std::string& topic) override;
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Isolation isolation) override;
  /// Reads from the offset that the broker names to the first record that is late enough, because the broker
  /// also counts the ends of transactions, whose times are its own. kTimeout when that takes too long.
  Result<Offset> OffsetForTime(const TopicPartition& of, Timestamp time) override;
  Result<std::unique_ptr<Reader>> OpenReader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Writer>> OpenWriter(const WriterOptions& options) override;
  Result<std::unique_ptr<Membership>> Join(const GroupOptions& options) override;
  std::int64_t MessageBytesMax() const override;

 private:
  struct Parts;
  explicit KafkaLog(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
