#pragma once

#include <functional>
#include <optional>
#include <string>

#include "freshet/ids.h"
#include "freshet/log.h"
#include "freshet/record.h"
#include "freshet/result.h"

namespace freshet {

struct ScanOptions {
  std::optional<Timestamp> since;  ///< records of this time or later; absent: from the beginning
  bool follow = false;             ///< goes on at the end, for ever
};

/// Takes one record; false: enough.
using RecordSink = std::function<Result<bool>(const TopicPartition& from, const Record& record)>;

/// Called whenever everything that is there has been seen; false: enough. Lets a follower flush.
using IdleSink = std::function<Result<bool>()>;

/// Reads the committed records of all partitions of a topic, in offset order within each.
Result<void> ScanTopic(Log& log, const std::string& topic, const ScanOptions& options, const RecordSink& sink,
                       const IdleSink& idle = {});

}  // namespace freshet
