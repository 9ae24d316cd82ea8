#include "view/item_model_codec.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "models/content_code.h"
#include "models/segment_sums.h"

namespace freshet {
namespace {

constexpr std::uint8_t kItemVersion = 7;
constexpr std::uint8_t kShareVersion = 2;
constexpr std::uint8_t kRatingWeightsVersion = 1;
constexpr std::uint8_t kMixVersion = 2;
constexpr std::uint64_t kRowCellsMax = 4096;
constexpr std::uint64_t kVectorMax = 1 << 16;
constexpr std::uint64_t kFacetsMax = 256;

constexpr std::uint8_t kInCatalogue = 1;
constexpr std::uint8_t kAvailable = 2;
constexpr std::uint8_t kHasFactor = 4;
constexpr std::uint8_t kHasTaste = 8;
constexpr std::uint8_t kHasPrice = 16;
constexpr std::uint8_t kHasContent = 32;
constexpr std::uint8_t kHasSegments = 64;

std::uint8_t FlagsOf(const ItemModel& item) {
  return static_cast<std::uint8_t>((item.in_catalogue ? kInCatalogue : 0) |
                                   (item.available ? kAvailable : 0) | (item.has_factor ? kHasFactor : 0) |
                                   (item.taste.known() ? kHasTaste : 0) | (item.price ? kHasPrice : 0) |
                                   (item.content.known() ? kHasContent : 0) |
                                   (item.segments.cells.empty() ? 0 : kHasSegments));
}

void WriteRow(const ItemModel& item, ByteWriter& writer) {
  writer.Signed(item.row_landmark.ms);
  writer.Fixed(item.row_mass);
  writer.Fixed(item.row_follow_mass);
  writer.Varint(item.row.size());
  for (const RowCell& cell : item.row) {
    writer.Fixed(cell.item.value);
    writer.Fixed(cell.forward);
    writer.Fixed(cell.backward);
    writer.Fixed(cell.together);
    writer.Fixed(cell.near);
  }
}

void ReadRow(ByteReader& reader, ItemModel& item) {
  item.row_landmark.ms = reader.Signed();
  item.row_mass = reader.Fixed<float>();
  item.row_follow_mass = reader.Fixed<float>();
  const std::uint64_t cells = std::min(reader.Varint(), kRowCellsMax);
  item.row.reserve(cells);
  for (std::uint64_t i = 0; i < cells && reader.ok(); ++i) {
    RowCell cell;
    cell.item.value = reader.Fixed<std::uint64_t>();
    cell.forward = reader.Fixed<float>();
    cell.backward = reader.Fixed<float>();
    cell.together = reader.Fixed<float>();
    cell.near = reader.Fixed<float>();
    item.row.push_back(cell);
  }
}

void WriteFacets(const ItemModel& item, ByteWriter& writer) {
  writer.Varint(item.facets.size());
  for (const Facet& facet : item.facets) {
    writer.Fixed(static_cast<std::uint8_t>(facet.kind));
    writer.Fixed(facet.name);
  }
}

void ReadFacets(ByteReader& reader, ItemModel& item) {
  item.facets.resize(std::min(reader.Varint(), kFacetsMax));
  for (Facet& facet : item.facets) {
    facet.kind = static_cast<Facet::Kind>(reader.Fixed<std::uint8_t>());
    facet.name = reader.Fixed<std::uint64_t>();
  }
}

void WriteTaste(const ItemTaste& taste, ByteWriter& writer) {
  for (const float number : taste.mean) writer.Fixed(number);
  writer.Fixed(taste.bias_variance);
  writer.Fixed(taste.variance);
}

void ReadTaste(ByteReader& reader, ItemTaste& taste) {
  for (float& number : taste.mean) number = reader.Fixed<float>();
  taste.bias_variance = reader.Fixed<float>();
  taste.variance = reader.Fixed<float>();
}

template <typename Numbers>
void WriteVector(const Numbers& numbers, ByteWriter& writer) {
  writer.Varint(numbers.size());
  for (const auto number : numbers) writer.Fixed(number);
}

template <typename Number>
std::vector<Number> ReadVector(ByteReader& reader) {
  std::vector<Number> numbers;
  const std::uint64_t count = std::min(reader.Varint(), kVectorMax);
  numbers.reserve(count);
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) numbers.push_back(reader.Fixed<Number>());
  return numbers;
}

Error Corrupt(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt, std::string(what) + " is damaged or of a newer version");
}

}  // namespace

std::string EncodeItemModel(const ItemModel& item) {
  std::string bytes;
  bytes.reserve(160 + item.row.size() * 24 + (item.has_factor ? 4 * kFactors : 0) +
                (item.content.known() ? 4 + kContentDimensions : 0) + item.segments.cells.size() * 12);
  ByteWriter writer(bytes);
  writer.Fixed(kItemVersion);
  writer.Fixed(FlagsOf(item));
  for (const std::string* text : {&item.item_id, &item.item_type, &item.title, &item.category}) {
    writer.Bytes(*text);
  }
  WriteFacets(item, writer);
  if (item.price) writer.Fixed(*item.price);
  for (const Timestamp at : {item.available_from, item.available_until, item.first_event, item.last_event}) {
    writer.Signed(at.ms);
  }
  for (const DecayedSum& sum : item.popularity) {
    writer.Fixed(sum.sum);
    writer.Signed(sum.landmark.ms);
  }
  writer.Varint(item.events);
  WriteRow(item, writer);
  if (item.has_factor) {
    for (const float number : item.factor) writer.Fixed(number);
  }
  if (item.content.known()) WriteContent(item.content, writer);
  if (!item.segments.cells.empty()) EncodeSegments(item.segments, writer);
  writer.Fixed(item.rating_bias);
  writer.Fixed(item.rating_variance);
  writer.Varint(item.ratings);
  if (item.taste.known()) WriteTaste(item.taste, writer);
  writer.Varint(item.version);
  return bytes;
}

Result<ItemModel> DecodeItemModel(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kItemVersion) return Corrupt("an item model");
  ItemModel item;
  const auto flags = reader.Fixed<std::uint8_t>();
  item.in_catalogue = (flags & kInCatalogue) != 0;
  item.available = (flags & kAvailable) != 0;
  item.has_factor = (flags & kHasFactor) != 0;
  for (std::string* text : {&item.item_id, &item.item_type, &item.title, &item.category}) {
    *text = reader.Bytes();
  }
  ReadFacets(reader, item);
  if ((flags & kHasPrice) != 0) item.price = reader.Fixed<double>();
  for (Timestamp* at : {&item.available_from, &item.available_until, &item.first_event, &item.last_event}) {
    at->ms = reader.Signed();
  }
  for (DecayedSum& sum : item.popularity) {
    sum.sum = reader.Fixed<double>();
    sum.landmark.ms = reader.Signed();
  }
  item.events = reader.Varint();
  ReadRow(reader, item);
  if (item.has_factor) {
    for (float& number : item.factor) number = reader.Fixed<float>();
  }
  if ((flags & kHasContent) != 0) item.content = ReadContent(reader);
  if (!(item.content.scale <= 1)) item.content.scale = 0;  // no vector of length 1 has it
  const bool segmented = (flags & kHasSegments) == 0 || DecodeSegments(reader, item.segments);
  item.rating_bias = reader.Fixed<float>();
  item.rating_variance = reader.Fixed<float>();
  item.ratings = static_cast<std::uint32_t>(reader.Varint());
  if ((flags & kHasTaste) != 0) ReadTaste(reader, item.taste);
  item.version = reader.Varint();
  if (!segmented || !reader.ok() || reader.left() != 0) return Corrupt("an item model");
  item.key = KeyOfItem(item.item_id);
  return item;
}

std::string EncodeGlobalShare(const GlobalShare& share) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kShareVersion);
  WriteVector(share.item_gramian, writer);
  writer.Fixed(share.rating_sum);
  writer.Varint(share.ratings);
  return bytes;
}

Result<GlobalShare> DecodeGlobalShare(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kShareVersion) return Corrupt("a global share");
  GlobalShare share;
  share.item_gramian = ReadVector<float>(reader);
  share.rating_sum = reader.Fixed<double>();
  share.ratings = reader.Varint();
  if (!reader.ok() || reader.left() != 0) return Corrupt("a global share");
  return share;
}

std::string EncodeRatingWeights(std::span<const double> weights) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kRatingWeightsVersion);
  WriteVector(weights, writer);
  return bytes;
}

Result<std::vector<double>> DecodeRatingWeights(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kRatingWeightsVersion) return Corrupt("a record of rating weights");
  std::vector<double> weights = ReadVector<double>(reader);
  if (!reader.ok() || reader.left() != 0) return Corrupt("a record of rating weights");
  return weights;
}

std::string EncodeMixModel(const MixModel& mix) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kMixVersion);
  WriteVector(mix.weights, writer);
  WriteVector(mix.user_gain, writer);
  writer.Varint(mix.lessons);
  return bytes;
}

Result<MixModel> DecodeMixModel(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kMixVersion) return Corrupt("a record of the mix");
  MixModel mix;
  mix.weights = ReadVector<double>(reader);
  mix.user_gain = ReadVector<float>(reader);
  mix.lessons = reader.Varint();
  if (!reader.ok() || reader.left() != 0) return Corrupt("a record of the mix");
  return mix;
}

}  // namespace freshet
