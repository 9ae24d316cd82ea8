#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/log.h"

namespace freshet::embedded {

// Values of the database (keys: embedded_log.h). Each starts with a version byte.
//
//   topic     = 1 id:u32 partitions:varint cleanup:u8 retention + 1:varint message_bytes_max:varint settings
//   settings  = count:varint (name:bytes value:bytes)*
//   partition = 1 low:varint high:varint bytes:varint clean_bytes:varint cleaned_to:varint

struct Topic {
  std::uint32_t id = 0;
  TopicSpec spec;
  // Read from spec.settings:
  std::int64_t retention_bytes = -1;  ///< per partition; negative: no bound
  std::int64_t tombstones_kept_ms = 24 * 3600 * 1000;
  std::int64_t compaction_lag_ms = 0;
  double dirty_ratio_min = 0.5;

  bool Compacts() const { return spec.cleanup != Cleanup::kDelete; }
  bool Expires() const { return spec.cleanup != Cleanup::kCompact; }
};

/// What the database keeps about a partition besides its chunks.
struct PartitionMarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::int64_t bytes = 0;        ///< of all chunks
  std::int64_t clean_bytes = 0;  ///< of the chunks below cleaned_to
  std::int64_t cleaned_to = 0;   ///< compaction has seen everything below
};

/// kInvalidArgument: a name, number or setting that cannot be used.
Result<Topic> MakeTopic(const TopicSpec& spec);
TopicDescription Describe(const Topic& topic);

std::string EncodeTopic(const Topic& topic);
Result<Topic> DecodeTopic(std::string_view name, std::string_view value);
std::string EncodeMarks(const PartitionMarks& marks);
Result<PartitionMarks> DecodeMarks(std::string_view value);

std::string TopicKey(std::string_view name);
std::string MarksKey(std::uint32_t topic, std::int32_t partition);
std::string ChunkKey(std::uint32_t topic, std::int32_t partition, std::int64_t base);
/// The front that all chunk keys of a partition share.
std::string ChunkPrefix(std::uint32_t topic, std::int32_t partition);
std::string ChunkPrefix(std::uint32_t topic);
std::int64_t BaseOfChunkKey(std::string_view key);
std::string EpochKey(std::string_view transactional_id);
std::string GarbageKey(std::uint32_t topic);

inline constexpr std::string_view kFormatKey = "F";
inline constexpr std::string_view kNextTopicKey = "N";

std::string EncodeNumber(std::uint64_t value);
Result<std::uint64_t> DecodeNumber(std::string_view bytes);

}  // namespace freshet::embedded
