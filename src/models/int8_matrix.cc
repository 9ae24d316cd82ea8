#include "models/int8_matrix.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "base/versioned_node.h"
#include "models/int8_quantise.h"

namespace freshet {

ScanChunk::ScanChunk(std::size_t dimensions) : codes(dimensions * kScanRows, 128) {
  bias.fill(-std::numeric_limits<float>::infinity());
}

Int8Matrix::Int8Matrix(std::size_t dimensions) : dimensions_(dimensions) {
  FRESHET_ASSERT(dimensions > 0 && dimensions % kScanGroup == 0);
  FRESHET_ASSERT(dimensions <= kScanDimensionsMax);
}

ScanChunk& Int8Matrix::OwnChunk(std::size_t index) {
  FRESHET_ASSERT(version_ != kReadOnly);
  if (index / kNodeChunks == nodes_.size()) nodes_.push_back(nullptr);
  Node& node = OwnNode(nodes_[index / kNodeChunks], version_);
  return OwnNode(node.chunks[index % kNodeChunks], version_, dimensions_);
}

std::size_t Int8Matrix::PlaceFor(ItemKey item) {
  const auto known = place_of_.find(item);
  if (known != place_of_.end()) return known->second;
  std::uint32_t place = static_cast<std::uint32_t>(places_);
  if (free_.empty()) {
    FRESHET_ASSERT(places_ < std::numeric_limits<std::uint32_t>::max());
    ++places_;
  } else {
    place = free_.back();
    free_.pop_back();
  }
  place_of_[item] = place;
  ++size_;
  return place;
}

void Int8Matrix::Put(ItemKey item, std::span<const float> vector, float bias) {
  FRESHET_ASSERT(vector.size() == dimensions_);
  std::array<std::int8_t, kScanDimensionsMax> codes;
  const float scale = QuantiseToInt8(vector, std::span(codes).first(dimensions_));
  if (!std::isfinite(scale) || !std::isfinite(bias)) return Erase(item);
  const std::size_t place = PlaceFor(item);
  const std::size_t row = place % kScanRows;
  ScanChunk& chunk = OwnChunk(place / kScanRows);
  std::uint8_t* to =
      &chunk.codes[row / kScanLanes * dimensions_ * kScanLanes + row % kScanLanes * kScanGroup];
  for (std::size_t d = 0; d < dimensions_; ++d) {
    to[d / kScanGroup * kScanGroup * kScanLanes + d % kScanGroup] =
        static_cast<std::uint8_t>(static_cast<int>(codes[d]) + 128);
  }
  chunk.scale[row] = scale;
  chunk.bias[row] = bias;
  chunk.item[row] = item;
}

void Int8Matrix::Erase(ItemKey item) {
  const auto known = place_of_.find(item);
  if (known == place_of_.end()) return;
  const std::uint32_t place = known->second;
  ScanChunk& chunk = OwnChunk(place / kScanRows);
  chunk.scale[place % kScanRows] = 0;
  chunk.bias[place % kScanRows] = -std::numeric_limits<float>::infinity();
  free_.push_back(place);
  place_of_.erase(item);
  --size_;
}

Int8Matrix Int8Matrix::Share() {
  Int8Matrix shared(dimensions_);
  shared.size_ = size_;
  shared.places_ = places_;
  shared.nodes_ = nodes_;
  shared.version_ = kReadOnly;
  ++version_;
  return shared;
}

std::size_t Int8Matrix::Bytes() const {
  return chunks() * (sizeof(OwnedChunk) + dimensions_ * kScanRows) + nodes_.size() * sizeof(Node);
}

}  // namespace freshet
