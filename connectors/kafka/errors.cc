#include "connectors/kafka/errors.h"

#include "base/format.h"

namespace freshet::kafka {
namespace {

bool NeedsAnotherConfiguration(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

ErrorCode ClassOf(rd_kafka_resp_err_t code) {
  if (NeedsAnotherConfiguration(code)) return ErrorCode::kInvalidArgument;
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ErrorCode::kTimeout;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kAlreadyExists;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return ErrorCode::kOutOfRange;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      return ErrorCode::kFenced;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return ErrorCode::kCorrupt;
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      return ErrorCode::kUnsupported;
    case RD_KAFKA_RESP_ERR__DESTROY:
      return ErrorCode::kCancelled;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kUnavailable;
  }
}

Error ErrorFrom(rd_kafka_resp_err_t code, std::string_view what, std::string_view detail) {
  const std::string_view text = detail.empty() ? std::string_view(rd_kafka_err2str(code)) : detail;
  return MakeError(ClassOf(code), fmt::format("{}: {} ({})", what, text, rd_kafka_err2name(code)));
}

Error TakeTransactionError(rd_kafka_error_t* error, std::string_view what) {
  Error taken = ErrorFrom(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
  if (NeedsAnotherConfiguration(rd_kafka_error_code(error))) {
    taken.code = ErrorCode::kInvalidArgument;
  } else if (rd_kafka_error_is_fatal(error)) {
    taken.code = ErrorCode::kFenced;
  } else if (rd_kafka_error_txn_requires_abort(error)) {
    taken.code = ErrorCode::kAborted;
  } else if (rd_kafka_error_is_retriable(error)) {
    const bool late = taken.code == ErrorCode::kTimeout;
    taken.code = late ? ErrorCode::kTimeout : ErrorCode::kUnavailable;
  }
  rd_kafka_error_destroy(error);
  return taken;
}

std::string NameOf(std::string_view topic, Partition partition) {
  return fmt::format("{}[{}]", topic, partition.value);
}

}  // namespace freshet::kafka
