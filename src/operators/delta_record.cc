#include "operators/delta_record.h"

#include "base/bytes.h"

namespace freshet {
namespace {

constexpr std::uint8_t kRecordVersion = 2;
constexpr std::uint64_t kListMax = 1 << 20;

}  // namespace

std::string EncodeDeltaRecord(const DeltaRecord& record) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kRecordVersion);
  writer.Varint(record.new_users);
  writer.Varint(record.user_factors.size());
  for (const WeightedFactor& user : record.user_factors) {
    writer.Fixed(user.weight);
    for (const float number : user.factor) writer.Fixed(number);
  }
  writer.Bytes(record.mix);
  writer.Bytes(record.rating_stack);
  writer.Bytes(record.catalogue);
  writer.Bytes(record.catalogue_key);
  writer.Varint(record.deltas.size());
  for (const std::string& delta : record.deltas) writer.Bytes(delta);
  return bytes;
}

Result<DeltaRecord> DecodeDeltaRecord(std::string_view bytes) {
  ByteReader reader(bytes);
  const Error damaged =
      MakeError(ErrorCode::kCorrupt, "an item delta record is damaged or of a newer version");
  if (reader.Fixed<std::uint8_t>() != kRecordVersion) return damaged;
  DeltaRecord record;
  record.new_users = reader.Varint();
  const std::uint64_t factors = reader.Varint();
  if (factors > kListMax) return damaged;
  for (std::uint64_t i = 0; i < factors && reader.ok(); ++i) {
    WeightedFactor& user = record.user_factors.emplace_back();
    user.weight = reader.Fixed<float>();
    for (float& number : user.factor) number = reader.Fixed<float>();
  }
  record.mix = reader.Bytes();
  record.rating_stack = reader.Bytes();
  record.catalogue = reader.Bytes();
  record.catalogue_key = reader.Bytes();
  const std::uint64_t deltas = reader.Varint();
  if (deltas > kListMax) return damaged;
  for (std::uint64_t i = 0; i < deltas && reader.ok(); ++i) record.deltas.emplace_back(reader.Bytes());
  if (!reader.ok() || reader.left() != 0) return damaged;
  return record;
}

}  // namespace freshet
