// How settings reach librdkafka and what is said about wrong ones. No broker is needed.
#include "connectors/kafka/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/kafka_log.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

Error OpenError(KafkaOptions options) {
  auto log = KafkaLog::Open(std::move(options));
  EXPECT_FALSE(log.ok());
  return log.ok() ? Error{} : log.error();
}

KafkaOptions Unreachable() {
  KafkaOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.operation_timeout = milliseconds(300);
  return options;
}

TEST(KafkaSettings, AWrongNameIsNamed) {
  KafkaOptions options = Unreachable();
  options.common["sasl.mechanizm"] = "PLAIN";
  const Error error = OpenError(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message,
            "kafka setting sasl.mechanizm: No such configuration property: \"sasl.mechanizm\"");
}

TEST(KafkaSettings, AWrongValueIsExplainedByLibrdkafka) {
  KafkaOptions options = Unreachable();
  options.producer["compression.codec"] = "rar";
  const Error error = OpenError(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message,
            "kafka setting compression.codec: Invalid value \"rar\" for configuration property "
            "\"compression.codec\"");
}

TEST(KafkaSettings, WhatFreshetDecidesCannotBeSet) {
  KafkaOptions options = Unreachable();
  options.consumer["isolation.level"] = "read_uncommitted";
  const Error error = OpenError(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message,
            "kafka setting isolation.level (consumer) cannot be set here: each reader chooses it");
}

TEST(KafkaSettings, SecretsAreNotRepeated) {
  KafkaOptions options = Unreachable();
  options.common = {{"security.protocol", "ssl"}, {"ssl.key.pem", "hunter2-hunter2"}};
  const Error error = OpenError(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(error.message.find("ssl.key.pem"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("hunter2"), std::string::npos) << error.message;
}

TEST(KafkaSettings, TlsAndSaslReachLibrdkafka) {
  KafkaOptions options = Unreachable();
  options.common = {{"security.protocol", "sasl_ssl"},
                    {"sasl.mechanism", "SCRAM-SHA-512"},
                    {"sasl.username", "someone"},
                    {"sasl.password", "hunter2-hunter2"},
                    {"ssl.endpoint.identification.algorithm", "https"}};
  const Error error = OpenError(options);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable) << error.message;
  EXPECT_EQ(error.message.find("hunter2"), std::string::npos) << error.message;
}

TEST(KafkaSettings, AnUnreachableBrokerIsUnavailableAndSaysWhy) {
  const Error error = OpenError(Unreachable());
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_NE(error.message.find("no broker of 127.0.0.1:1 answers"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("Connection refused"), std::string::npos) << error.message;
}

TEST(KafkaSettings, ALongClientIdIsRefused) {
  KafkaOptions options = Unreachable();
  options.client_id = std::string(41, 'c');
  EXPECT_EQ(OpenError(options).code, ErrorCode::kInvalidArgument);
}

std::string Last(const kafka::SettingList& settings, const std::string& name) {
  std::string last = "(not set)";
  for (const auto& [set, value] : settings) {
    if (set == name) last = value;
  }
  return last;
}

TEST(KafkaSettings, TheSectionWinsOverCommonAndCommonOverDefaults) {
  KafkaOptions options = Unreachable();
  EXPECT_EQ(Last(SettingsFor(kafka::Role::kWriter, options, {}), "retry.backoff.ms"), "10");
  options.common["retry.backoff.ms"] = "20";
  EXPECT_EQ(Last(SettingsFor(kafka::Role::kWriter, options, {}), "retry.backoff.ms"), "20");
  options.producer["retry.backoff.ms"] = "30";
  EXPECT_EQ(Last(SettingsFor(kafka::Role::kWriter, options, {}), "retry.backoff.ms"), "30");
  EXPECT_EQ(Last(SettingsFor(kafka::Role::kReader, options, {}), "retry.backoff.ms"), "20");
  EXPECT_EQ(Last(SettingsFor(kafka::Role::kReader, options, {{"group.id", "g"}}), "group.id"), "g");
}

TEST(KafkaSettings, ReadersNeverSkipLostRecords) {
  const auto settings = SettingsFor(kafka::Role::kReader, Unreachable(), {});
  EXPECT_EQ(Last(settings, "auto.offset.reset"), "error");
  EXPECT_EQ(Last(settings, "check.crcs"), "true");
  EXPECT_EQ(Last(settings, "allow.auto.create.topics"), "false");
}

TEST(KafkaSettings, TheLongestRecordFollowsTheProducersSetting) {
  KafkaOptions options = Unreachable();
  EXPECT_EQ(kafka::MessageMaxBytes(options), 1'000'000);
  options.producer["message.max.bytes"] = "5000000";
  EXPECT_EQ(kafka::MessageMaxBytes(options), 5'000'000);
}

TEST(KafkaErrors, TransactionErrorsAreClassifiedByWhatTheCallerCanDo) {
  const auto code = [](rd_kafka_error_t* error) { return kafka::TakeTransactionError(error, "commit").code; };
  EXPECT_EQ(code(rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT, "late")), ErrorCode::kTimeout);
  EXPECT_EQ(code(rd_kafka_error_new(RD_KAFKA_RESP_ERR__FENCED, "fenced")), ErrorCode::kFenced);
  EXPECT_EQ(code(rd_kafka_error_new(RD_KAFKA_RESP_ERR__TRANSPORT, "gone")), ErrorCode::kUnavailable);
  EXPECT_EQ(code(rd_kafka_error_new(RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "no")),
            ErrorCode::kInvalidArgument);
  const Error error =
      kafka::TakeTransactionError(rd_kafka_error_new(RD_KAFKA_RESP_ERR__FENCED, "why"), "commit x");
  EXPECT_EQ(error.message, "commit x: why (_FENCED)");
}

TEST(KafkaErrors, CodesOfPositionsAndTopicsKeepTheirMeaning) {
  EXPECT_EQ(kafka::ClassOf(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET), ErrorCode::kOutOfRange);
  EXPECT_EQ(kafka::ClassOf(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), ErrorCode::kNotFound);
  EXPECT_EQ(kafka::ClassOf(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS), ErrorCode::kAlreadyExists);
  EXPECT_EQ(kafka::ClassOf(RD_KAFKA_RESP_ERR__BAD_MSG), ErrorCode::kCorrupt);
  EXPECT_EQ(kafka::ClassOf(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace freshet
