#include "config/topics.h"

namespace freshet {

namespace {

constexpr std::string_view kTopicsToml =
    R"(# What each topic should be; `freshet topics create` makes them so and `freshet doctor` compares.
# The names are in freshet.toml. Per topic:
#   partitions         "users" or "items" (topics.user_partitions, topics.item_partitions), or a number
#   cleanup            "delete", "compact" or "compact,delete"
#   retention          how long records are kept; left out: for ever
#   message_bytes_max  longest record; left out: the log's default
#   settings           further settings by the log's own names (Kafka's topic configuration)

[interactions]
partitions = "users"
cleanup = "delete"
retention = "90d"

[ratings]
partitions = "users"
cleanup = "delete"
retention = "90d"

[feedback]
partitions = "users"
cleanup = "delete"
retention = "90d"

# Compacted: the newest record of each item is kept, so that a new reader learns the whole catalogue.
[catalogue]
partitions = "items"
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000" }

# Compacted: the newest profile of each user is kept.
[profiles]
partitions = "users"
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000" }

# Compacted, so that the newest list of every active user is there; old lists of users who left go after a week.
[recommendations]
partitions = "users"
cleanup = "compact,delete"
retention = "7d"
settings = { "min.compaction.lag.ms" = "86400000" }

[dead-letters]
partitions = "users"
cleanup = "delete"
retention = "14d"

[evaluations]
partitions = "users"
cleanup = "delete"
retention = "365d"

# Only item tasks read the deltas, only user tasks the links, and only forward. A week gives time to mend a broken task.
[item-deltas]
partitions = "items"
cleanup = "delete"
retention = "7d"

[user-links]
partitions = "users"
cleanup = "delete"
retention = "7d"

# The network has one task, which alone reads its lessons.
[net-lessons]
partitions = 1
cleanup = "delete"
retention = "7d"

[item-model]
partitions = "items"
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000" }

# The lag keeps the tail uncompacted, so that a restore can check every batch of it.
[user-changelog]
partitions = "users"
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000", "min.cleanable.dirty.ratio" = "0.2", "delete.retention.ms" = "86400000" }

[item-changelog]
partitions = "items"
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000", "min.cleanable.dirty.ratio" = "0.2", "delete.retention.ms" = "86400000" }

[net-changelog]
partitions = 1
cleanup = "compact"
settings = { "min.compaction.lag.ms" = "86400000", "min.cleanable.dirty.ratio" = "0.2", "delete.retention.ms" = "86400000" }
)";

}  // namespace

std::string_view BuiltInTopicsToml() { return kTopicsToml; }

}  // namespace freshet
