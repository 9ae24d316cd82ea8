#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/compression.h"
#include "freshet/log.h"

namespace freshet {

/// What a file log's directory holds, in the file `freshet-log`. It is replaced as a whole, and that is the
/// moment at which a transaction is committed: only the bytes that it counts are part of the log.
///
///   freshet-file-log 1
///   id 9f0c...                      identity of the log
///   compression .zst                of the partitions' files: -, .gz or .zst
///   committed 7                     number of the last transaction
///   topics 2                        ever created
///   topic NAME ID CLEANUP RETENTION_MS MESSAGE_BYTES_MAX      -1: not set
///   setting NAME=VALUE              of the topic above; line feeds and backslashes are escaped
///   partition BYTES                 of the topic above, from partition 0 on: committed bytes of its file
struct FileTopic {
  TopicSpec spec;
  std::uint64_t id = 0;
  std::vector<std::uint64_t> committed_bytes;  ///< one a partition
};

struct Manifest {
  std::string id;
  Compression compression = Compression::kNone;
  std::uint64_t committed = 0;
  std::uint64_t topics_created = 0;
  std::map<std::string, FileTopic> topics;
};

std::string FormatManifest(const Manifest& manifest);
/// kUnsupported: of a newer version or no manifest; kCorrupt.
Result<Manifest> ParseManifest(std::string_view text);

}  // namespace freshet
