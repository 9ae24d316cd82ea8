#include "operators/standing_lists.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace freshet {
namespace {

constexpr std::uint32_t kBits = 0xffffff;
constexpr std::size_t kKeyBytes = 3;

std::uint32_t ShortKey(ItemKey item) { return static_cast<std::uint32_t>(item.value) & kBits; }

constexpr std::size_t IndexOf(LiveModel model) { return static_cast<std::size_t>(model); }

}  // namespace

bool LivePlaces::AnyHit() const {
  return std::any_of(by_model.begin(), by_model.end(),
                     [](std::uint8_t place) { return place != kMiss && place != kNoList; });
}

void StandingLists::Set(LiveModel model, std::span<const ItemKey> items) {
  const std::size_t size = std::min(items.size(), kItems);
  sizes_[IndexOf(model)] = static_cast<std::uint8_t>(size);
  for (std::size_t i = 0; i < size; ++i) items_[IndexOf(model)][i] = ShortKey(items[i]);
}

void StandingLists::SetChallenger(std::uint32_t challenger, std::span<const ItemKey> items) {
  challenger_ = challenger;
  Set(LiveModel::kChallenger, items);
}

LivePlaces StandingLists::PlacesOf(ItemKey taken, std::uint32_t challenger) const {
  LivePlaces places;
  const std::uint32_t key = ShortKey(taken);
  for (std::size_t model = 0; model < kLiveModels; ++model) {
    if (model == IndexOf(LiveModel::kChallenger) && (challenger == 0 || challenger_ != challenger)) continue;
    const auto* const first = items_[model].begin();
    const auto* const end = first + sizes_[model];
    const auto* const at = std::find(first, end, key);
    places.by_model[model] =
        at == end ? LivePlaces::kMiss : static_cast<std::uint8_t>(1 + static_cast<std::size_t>(at - first));
  }
  return places;
}

void StandingLists::Encode(ByteWriter& writer) const {
  writer.Fixed(sizes_[0]);
  if (empty()) return;
  writer.Fixed(sizes_[1]);
  writer.Fixed(challenger_);
  if (challenger_ != 0) writer.Fixed(sizes_[2]);
  std::array<char, kLiveModels * kItems * kKeyBytes> bytes;
  char* to = bytes.data();
  for (std::size_t model = 0; model < kLiveModels; ++model) {
    for (std::size_t i = 0; i < sizes_[model]; ++i, to += kKeyBytes) {
      std::memcpy(to, &items_[model][i], kKeyBytes);  // little-endian, as all numbers of the state
    }
  }
  writer.Raw({bytes.data(), static_cast<std::size_t>(to - bytes.data())});
}

bool StandingLists::Decode(ByteReader& reader) {
  Clear();
  sizes_[0] = reader.Fixed<std::uint8_t>();
  if (empty()) return reader.ok();
  sizes_[1] = reader.Fixed<std::uint8_t>();
  challenger_ = reader.Fixed<std::uint32_t>();
  if (challenger_ != 0) sizes_[2] = reader.Fixed<std::uint8_t>();
  for (std::size_t model = 0; model < kLiveModels; ++model) {
    if (sizes_[model] > kItems) return false;
    const std::string_view bytes = reader.Raw(sizes_[model] * kKeyBytes);
    if (!reader.ok()) return false;
    for (std::size_t i = 0; i < sizes_[model]; ++i) {
      items_[model][i] = 0;
      std::memcpy(&items_[model][i], bytes.data() + i * kKeyBytes, kKeyBytes);
    }
  }
  return reader.ok();
}

}  // namespace freshet
