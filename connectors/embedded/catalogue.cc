#include "connectors/embedded/catalogue.h"

#include <charconv>

#include "base/bytes.h"
#include "base/topic_spec.h"

namespace freshet::embedded {
namespace {

constexpr char kValueVersion = 1;
constexpr std::int32_t kPartitionsMax = 10'000;  // each costs memory for its marks

void AppendBigEndian32(std::string& to, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

Error BadSetting(const TopicSpec& spec, std::string_view name, std::string_view value) {
  return MakeError(ErrorCode::kInvalidArgument, "topic " + spec.name + ": setting " + std::string(name) +
                                                    " is '" + std::string(value) + "'; give a number");
}

Result<void> ReadNumber(const TopicSpec& spec, const std::string& name, std::int64_t& to) {
  const auto found = spec.settings.find(name);
  if (found == spec.settings.end()) return {};
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc() || end != text.data() + text.size()) return BadSetting(spec, name, text);
  return {};
}

Result<void> ReadRatio(const TopicSpec& spec, const std::string& name, double& to) {
  const auto found = spec.settings.find(name);
  if (found == spec.settings.end()) return {};
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc() || end != text.data() + text.size()) return BadSetting(spec, name, text);
  if (!(to >= 0 && to <= 1)) return BadSetting(spec, name, text);
  return {};
}

Error Damaged(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt,
                   "the embedded log's " + std::string(what) + " is damaged or of a newer version");
}

}  // namespace

Result<Topic> MakeTopic(const TopicSpec& spec) {
  if (!IsTopicName(spec.name)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "topic name '" + spec.name + "': use 1 to 249 letters, digits, '.', '_' or '-'");
  }
  FRESHET_CHECK(CheckPartitions(spec, kPartitionsMax));
  Topic topic;
  topic.spec = spec;
  FRESHET_CHECK(ReadNumber(spec, "retention.bytes", topic.retention_bytes));
  FRESHET_CHECK(ReadNumber(spec, "delete.retention.ms", topic.tombstones_kept_ms));
  FRESHET_CHECK(ReadNumber(spec, "min.compaction.lag.ms", topic.compaction_lag_ms));
  FRESHET_CHECK(ReadRatio(spec, "min.cleanable.dirty.ratio", topic.dirty_ratio_min));
  return topic;
}

TopicDescription Describe(const Topic& topic) {
  TopicDescription description{topic.spec.name, topic.spec.partitions, std::to_string(topic.id),
                               topic.spec.settings};
  description.settings["cleanup.policy"] = CleanupName(topic.spec.cleanup);
  description.settings["retention.ms"] =
      topic.spec.retention ? std::to_string(topic.spec.retention->count()) : "-1";
  if (topic.spec.message_bytes_max) {
    description.settings["max.message.bytes"] = std::to_string(*topic.spec.message_bytes_max);
  }
  return description;
}

std::string EncodeTopic(const Topic& topic) {
  std::string value(1, kValueVersion);
  ByteWriter to(value);
  to.Fixed(topic.id);
  to.Varint(static_cast<std::uint64_t>(topic.spec.partitions));
  to.Fixed(static_cast<std::uint8_t>(topic.spec.cleanup));
  to.Varint(topic.spec.retention ? static_cast<std::uint64_t>(topic.spec.retention->count()) + 1 : 0);
  to.Varint(static_cast<std::uint64_t>(topic.spec.message_bytes_max.value_or(0)));
  to.Varint(topic.spec.settings.size());
  for (const auto& [name, setting] : topic.spec.settings) {
    to.Bytes(name);
    to.Bytes(setting);
  }
  return value;
}

Result<Topic> DecodeTopic(std::string_view name, std::string_view value) {
  ByteReader from(value);
  if (from.Fixed<char>() != kValueVersion) return Damaged("topic " + std::string(name));
  TopicSpec spec;
  spec.name = name;
  const auto id = from.Fixed<std::uint32_t>();
  spec.partitions = static_cast<std::int32_t>(from.Varint());
  spec.cleanup = static_cast<Cleanup>(from.Fixed<std::uint8_t>());
  const std::uint64_t retention = from.Varint();
  if (retention > 0) spec.retention = std::chrono::milliseconds(retention - 1);
  const std::uint64_t bytes_max = from.Varint();
  if (bytes_max > 0) spec.message_bytes_max = static_cast<std::int64_t>(bytes_max);
  for (std::uint64_t count = from.Varint(); count > 0 && from.ok(); --count) {
    const std::string setting(from.Bytes());
    spec.settings[setting] = from.Bytes();
  }
  if (!from.ok()) return Damaged("topic " + std::string(name));
  FRESHET_TRY(auto topic, MakeTopic(spec));
  topic.id = id;
  return topic;
}

std::string EncodeMarks(const PartitionMarks& marks) {
  std::string value(1, kValueVersion);
  ByteWriter to(value);
  for (const std::int64_t number :
       {marks.low, marks.high, marks.bytes, marks.clean_bytes, marks.cleaned_to}) {
    to.Varint(static_cast<std::uint64_t>(number));
  }
  return value;
}

Result<PartitionMarks> DecodeMarks(std::string_view value) {
  ByteReader from(value);
  if (from.Fixed<char>() != kValueVersion) return Damaged("partition");
  PartitionMarks marks;
  for (std::int64_t* number :
       {&marks.low, &marks.high, &marks.bytes, &marks.clean_bytes, &marks.cleaned_to}) {
    *number = static_cast<std::int64_t>(from.Varint());
  }
  if (!from.ok()) return Damaged("partition");
  return marks;
}

std::string TopicKey(std::string_view name) { return "T" + std::string(name); }

std::string MarksKey(std::uint32_t topic, std::int32_t partition) {
  std::string key = "P";
  AppendBigEndian32(key, topic);
  AppendBigEndian32(key, static_cast<std::uint32_t>(partition));
  return key;
}

std::string ChunkPrefix(std::uint32_t topic) {
  std::string key = "C";
  AppendBigEndian32(key, topic);
  return key;
}

std::string ChunkPrefix(std::uint32_t topic, std::int32_t partition) {
  std::string key = ChunkPrefix(topic);
  AppendBigEndian32(key, static_cast<std::uint32_t>(partition));
  return key;
}

std::string ChunkKey(std::uint32_t topic, std::int32_t partition, std::int64_t base) {
  std::string key = ChunkPrefix(topic, partition);
  AppendBigEndian(key, static_cast<std::uint64_t>(base));
  return key;
}

std::int64_t BaseOfChunkKey(std::string_view key) {
  return static_cast<std::int64_t>(ReadBigEndian(key.substr(key.size() - 8)));
}

std::string EpochKey(std::string_view transactional_id) { return "E" + std::string(transactional_id); }

std::string GarbageKey(std::uint32_t topic) {
  std::string key = "G";
  AppendBigEndian32(key, topic);
  return key;
}

std::string EncodeNumber(std::uint64_t value) {
  std::string bytes;
  AppendBigEndian(bytes, value);
  return bytes;
}

Result<std::uint64_t> DecodeNumber(std::string_view bytes) {
  if (bytes.size() != 8) return Damaged("number");
  return ReadBigEndian(bytes);
}

}  // namespace freshet::embedded
