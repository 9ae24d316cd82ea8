#include "state/progress_record.h"

#include "base/bytes.h"
#include "base/format.h"
#include "base/hash.h"

namespace freshet {

namespace {

constexpr std::uint64_t kFormat = 1;
// More inputs or partitions than this is damage, not data: it bounds what Decode allocates.
constexpr std::uint64_t kListMax = 1 << 20;

void EncodeCounts(ByteWriter& writer, const OutcomeCounts& counts) {
  writer.Varint(counts.accepted);
  writer.Varint(counts.duplicate);
  writer.Varint(counts.rejected);
}

OutcomeCounts DecodeCounts(ByteReader& reader) {
  OutcomeCounts counts;
  counts.accepted = reader.Varint();
  counts.duplicate = reader.Varint();
  counts.rejected = reader.Varint();
  return counts;
}

std::vector<InputRange> DecodeInputs(ByteReader& reader) {
  std::vector<InputRange> inputs;
  const std::uint64_t size = reader.Varint();
  if (size > kListMax) return inputs;
  for (std::uint64_t i = 0; i < size && reader.ok(); ++i) {
    const Offset from{reader.Signed()};
    inputs.push_back({from, Offset{reader.Signed()}});
  }
  return inputs;
}

std::vector<ViewPin> DecodePins(ByteReader& reader) {
  std::vector<ViewPin> pins;
  const std::uint64_t size = reader.Varint();
  if (size > kListMax) return pins;
  for (std::uint64_t i = 0; i < size && reader.ok(); ++i) {
    const Partition partition{static_cast<std::int32_t>(reader.Signed())};
    pins.push_back({partition, Offset{reader.Signed()}});
  }
  return pins;
}

ProgressRecord DecodeFields(ByteReader& reader) {
  ProgressRecord record;
  record.app_version = reader.Bytes();
  record.epoch = reader.Varint();
  record.seq = reader.Varint();
  record.inputs = DecodeInputs(reader);
  record.pins = DecodePins(reader);
  record.view_version = reader.Bytes();
  record.watermark.ms = reader.Signed();
  record.batch_time.ms = reader.Signed();
  record.batch = DecodeCounts(reader);
  record.total = DecodeCounts(reader);
  record.changelog_records = reader.Varint();
  record.changelog_crc = reader.Fixed<std::uint32_t>();
  return record;
}

}  // namespace

std::string ProgressRecord::Encode() const {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Varint(kFormat);
  writer.Bytes(app_version);
  writer.Varint(epoch);
  writer.Varint(seq);
  writer.Varint(inputs.size());
  for (const InputRange& input : inputs) {
    writer.Signed(input.from.value);
    writer.Signed(input.next.value);
  }
  writer.Varint(pins.size());
  for (const ViewPin& pin : pins) {
    writer.Signed(pin.partition.value);
    writer.Signed(pin.next.value);
  }
  writer.Bytes(view_version);
  writer.Signed(watermark.ms);
  writer.Signed(batch_time.ms);
  EncodeCounts(writer, batch);
  EncodeCounts(writer, total);
  writer.Varint(changelog_records);
  writer.Fixed(changelog_crc);
  writer.Fixed(Crc32c(bytes));
  return bytes;
}

Result<ProgressRecord> ProgressRecord::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint64_t format = reader.Varint();
  if (reader.ok() && format > kFormat) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("progress record of format {}, this version reads up to {}: run the version "
                                 "that wrote it, or a newer one",
                                 format, kFormat));
  }
  ProgressRecord record = DecodeFields(reader);
  const std::size_t covered = bytes.size() - reader.left();
  const auto crc = reader.Fixed<std::uint32_t>();
  if (!reader.ok() || format == 0 || reader.left() != 0 || crc != Crc32c(bytes.substr(0, covered))) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("progress record of {} bytes is damaged", bytes.size()));
  }
  return record;
}

void BatchChecksum::Add(std::string_view key, std::optional<std::string_view> value) {
  std::string lengths;
  ByteWriter writer(lengths);
  writer.Varint(key.size());
  writer.Varint(value ? value->size() + 1 : 0);
  crc_ = Crc32c(lengths, crc_);
  crc_ = Crc32c(key, crc_);
  if (value) crc_ = Crc32c(*value, crc_);
  ++count_;
}

}  // namespace freshet
