#include "base/topic_spec.h"

#include <algorithm>

#include "base/format.h"

namespace freshet {
namespace {

constexpr std::size_t kNameBytesMax = 249;

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), IsNameByte);
}

Result<void> CheckPartitions(const TopicSpec& spec, std::int32_t partitions_max) {
  if (spec.partitions >= 1 && spec.partitions <= partitions_max) return {};
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("topic {}: {} partitions; give 1 to {}",
                                                            spec.name, spec.partitions, partitions_max));
}

std::string_view CleanupName(Cleanup cleanup) {
  switch (cleanup) {
    case Cleanup::kDelete:
      return "delete";
    case Cleanup::kCompact:
      return "compact";
    case Cleanup::kCompactAndDelete:
      return "compact,delete";
  }
  return "";
}

std::string PartitionName(const TopicPartition& of) {
  return fmt::format("{}[{}]", of.topic, of.partition.value);
}

}  // namespace freshet
