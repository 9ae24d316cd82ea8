#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "freshet/record.h"
#include "freshet/result.h"
#include "view/item_snapshot.h"

namespace freshet {

/// What a checkpoint is of. Stored at its front, so that it can be judged before it is read.
struct ViewCheckpointHead {
  /// The last record folded of a partition.
  struct Last {
    Offset offset{-1};  ///< below zero: none was folded
    std::uint32_t crc = 0;
  };
  std::string cluster_id;
  std::string topic;
  std::string topic_id;  ///< empty: the log cannot tell a recreated topic
  Timestamp written;
  std::vector<Offset> next;  ///< of each partition: first offset that is not in the checkpoint
  std::vector<Last> last;    ///< of each partition: shows that the topic still has this history
};

/// The newest value of each key that is no item and no session, by partition (IsGlobalKey).
using GlobalRecords = std::map<std::pair<std::int32_t, std::string>, std::string>;

/// A version of the view in one file, as the records that folded give it again. The file is local and may
/// be lost: the topic has everything. Replaces the file as a whole; a process killed meanwhile leaves the old
/// one. Not synced: after a power cut a checkpoint may be refused as damaged.
///
///   file  := block* end
///   block := size:u32 crc32c:u32 payload; the first is the head, the others hold entries
///   entry := partition:varint key:bytes value:bytes
///   end   := 0xffffffff:u32 entries:u64
Result<void> WriteViewCheckpoint(const std::string& path, const ViewCheckpointHead& head,
                                 const GlobalRecords& globals, const ItemSnapshot& view);

struct ViewCheckpointVisitor {
  std::function<bool(const ViewCheckpointHead&)> accept;  ///< false: the rest is not read
  std::function<void(Partition, Record)> record;
};

/// True when all records were visited. kNotFound: no file; kCorrupt: what was visited is not to be used.
/// Holds one block of some 256 KiB at a time.
Result<bool> ReadViewCheckpoint(const std::string& path, const ViewCheckpointVisitor& visitor);

}  // namespace freshet
