#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet::kafka {

/// The class of an error code outside of transactions. What is not known is the environment's fault.
ErrorCode ClassOf(rd_kafka_resp_err_t code);

/// "`what`: `detail`", or librdkafka's text for the code where `detail` is empty.
Error ErrorFrom(rd_kafka_resp_err_t code, std::string_view what, std::string_view detail = {});

/// Classifies and frees an error of a transactional call: fatal -> kFenced, abort required -> kAborted,
/// retriable -> kUnavailable or kTimeout; missing rights and wrong settings -> kInvalidArgument.
Error TakeTransactionError(rd_kafka_error_t* error, std::string_view what);

/// "topic[partition]"
std::string NameOf(std::string_view topic, Partition partition);
inline std::string NameOf(const TopicPartition& of) { return NameOf(of.topic, of.partition); }

}  // namespace freshet::kafka
