#include "models/item_delta.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "models/row_cell.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 6;

enum Section : std::uint8_t {
  kEvents = 1,
  kCells = 2,
  kFactorSums = 4,
  kRatings = 8,
  kTasteSums = 16,
  kSegmentSums = 32
};

float Magnitude(const RowCell& cell) {
  return std::abs(cell.forward) + std::abs(cell.backward) + std::abs(cell.together) / 4 + std::abs(cell.near);
}

bool Outweighs(const RowCell& a, const RowCell& b) {
  return Magnitude(a) != Magnitude(b) ? Magnitude(a) > Magnitude(b) : a.item < b.item;
}

void EncodeEvents(const ItemDelta& delta, ByteWriter& to) {
  to.Signed(delta.events);
  to.Signed(delta.first_event.ms);
  to.Signed(delta.last_event.ms);
  for (const DecayedSum& sum : delta.popularity) {
    to.Fixed(sum.sum);
    to.Signed(sum.landmark.ms);
  }
}

bool DecodeEvents(ByteReader& from, ItemDelta& delta) {
  delta.events = from.Signed();
  delta.first_event.ms = from.Signed();
  delta.last_event.ms = from.Signed();
  bool finite = true;
  for (DecayedSum& sum : delta.popularity) {
    finite = std::isfinite(sum.sum = from.Fixed<double>()) && finite;
    sum.landmark.ms = from.Signed();
  }
  return from.ok() && finite;
}

}  // namespace

void ItemDelta::AddEvent(int sign, double weight, Timestamp at, const HalfLives& half_lives) {
  events += sign;
  for (std::size_t i = 0; i < kHalfLives; ++i) Add(popularity[i], sign * weight, at, half_lives[i]);
  if (sign < 0) return;
  first_event = first_event.ms == 0 ? at : std::min(first_event, at);
  last_event = std::max(last_event, at);
}

void ItemDelta::AddCell(const TouchedCell& cell, LandmarkWeight& weight) {
  FRESHET_ASSERT(cell.row == item);
  weight.MoveTo(cell.at);
  MoveLandmark(weight.landmark(), weight.half_life());
  const auto worth = static_cast<float>(weight.At(row_landmark_));
  cells_.push_back(Scaled({cell.other, cell.forward, cell.backward, cell.near, cell.together}, worth));
  if (cells_.size() >= compacted_ + 2 * kDeltaCells) Compact();
}

void ItemDelta::MoveLandmark(Timestamp landmark, HalfLife half_life) {
  if (cells_.empty() && cut_.none()) row_landmark_ = landmark;
  if (landmark <= row_landmark_) return;
  const auto factor = static_cast<float>(WeightAt(row_landmark_, landmark, half_life));
  for (RowCell& cell : cells_) cell = Scaled(cell, factor);
  cut_ = cut_ * factor;
  row_landmark_ = landmark;
}

void ItemDelta::Merge(ItemDelta other, const HalfLives& half_lives, HalfLife row_half_life) {
  FRESHET_ASSERT(other.item == item);
  other.Compact();
  if (item_id.empty()) item_id = std::move(other.item_id);
  events += other.events;
  for (std::size_t i = 0; i < kHalfLives; ++i)
    freshet::Merge(popularity[i], other.popularity[i], half_lives[i]);
  if (other.first_event.ms != 0) {
    first_event = first_event.ms == 0 ? other.first_event : std::min(first_event, other.first_event);
  }
  last_event = std::max(last_event, other.last_event);
  factors.Merge(other.factors);
  ratings.Merge(other.ratings);
  taste.Merge(other.taste);
  MergeSegments(segments, other.segments, half_lives.back());
  if (other.cells_.empty() && other.cut_.none()) return;
  MoveLandmark(other.row_landmark_, row_half_life);
  const auto worth = static_cast<float>(WeightAt(other.row_landmark_, row_landmark_, row_half_life));
  cut_ += other.cut_ * worth;
  MergeCells(other.cells_, worth);
}

/// `other` is sorted, each item once.
void ItemDelta::MergeCells(std::span<const RowCell> other, float worth) {
  Compact();
  std::vector<RowCell> merged;
  merged.reserve(cells_.size() + other.size());
  auto mine = cells_.cbegin();
  for (const RowCell& cell : other) {
    while (mine != cells_.cend() && mine->item < cell.item) merged.push_back(*mine++);
    RowCell sum = Scaled(cell, worth);
    if (mine != cells_.cend() && mine->item == cell.item) AddWeights(sum, *mine++);
    merged.push_back(sum);
  }
  merged.insert(merged.end(), mine, cells_.cend());
  cells_ = std::move(merged);
  Bound();
}

std::span<const RowCell> ItemDelta::Cells() {
  Compact();
  return cells_;
}

void ItemDelta::Compact() {
  if (compacted_ == cells_.size()) return;
  // Equal items are summed in the order of arrival, which is the order of the log.
  struct Place {
    ItemKey item;
    std::uint32_t index;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places;
  places.reserve(cells_.size());
  for (const RowCell& cell : cells_) places.push_back({cell.item, static_cast<std::uint32_t>(places.size())});
  std::sort(places.begin(), places.end());
  std::vector<RowCell> sums;
  sums.reserve(places.size());
  for (const Place& place : places) {
    const RowCell& cell = cells_[place.index];
    if (!sums.empty() && sums.back().item == cell.item) {
      AddWeights(sums.back(), cell);
    } else {
      sums.push_back(cell);
    }
  }
  cells_ = std::move(sums);
  Bound();
}

/// Of sorted cells, each item once, the strongest stay.
void ItemDelta::Bound() {
  if (cells_.size() > kDeltaCells) {
    const auto bound = cells_.begin() + kDeltaCells;
    std::sort(cells_.begin(), cells_.end(), Outweighs);
    for (auto cell = bound; cell != cells_.end(); ++cell) cut_ += *cell;
    cells_.erase(bound, cells_.end());
    std::sort(cells_.begin(), cells_.end(), CellByItem());
  }
  compacted_ = cells_.size();
}

void ItemDelta::EncodeCells(ByteWriter& to) const {
  to.Signed(row_landmark_.ms);
  to.Fixed(cut_.forward);
  to.Fixed(cut_.near);
  to.Varint(cells_.size());
  for (const RowCell& cell : cells_) {
    to.Fixed(cell.item.value);
    to.Fixed(static_cast<std::uint8_t>((cell.forward != 0 ? 1 : 0) | (cell.backward != 0 ? 2 : 0) |
                                       (cell.together != 0 ? 4 : 0) | (cell.near != 0 ? 8 : 0)));
    if (cell.forward != 0) to.Fixed(cell.forward);
    if (cell.backward != 0) to.Fixed(cell.backward);
    if (cell.together != 0) to.Fixed(cell.together);
    if (cell.near != 0) to.Fixed(cell.near);
  }
}

bool ItemDelta::DecodeCells(ByteReader& from) {
  row_landmark_.ms = from.Signed();
  cut_.forward = from.Fixed<float>();
  cut_.near = from.Fixed<float>();
  const std::uint64_t count = from.Varint();
  if (!from.ok() || count > kDeltaCells || !std::isfinite(cut_.forward) || !std::isfinite(cut_.near))
    return false;
  cells_.resize(count);
  bool good = true;
  for (std::size_t i = 0; i < count; ++i) {
    RowCell& cell = cells_[i];
    cell.item.value = from.Fixed<std::uint64_t>();
    const auto present = from.Fixed<std::uint8_t>();
    if ((present & 1) != 0) cell.forward = from.Fixed<float>();
    if ((present & 2) != 0) cell.backward = from.Fixed<float>();
    if ((present & 4) != 0) cell.together = from.Fixed<float>();
    if ((present & 8) != 0) cell.near = from.Fixed<float>();
    good = good && present < 16 && IsFinite(cell);
    good = good && (i == 0 || cells_[i - 1].item < cell.item);
  }
  compacted_ = count;
  return good && from.ok();
}

void ItemDelta::Encode(std::string& to) {
  Compact();
  const bool has_events = events != 0 || last_event.ms != 0;
  const bool has_cells = !cells_.empty() || !cut_.none();
  ByteWriter writer(to);
  writer.Fixed(kVersion);
  writer.Fixed(static_cast<std::uint8_t>((has_events ? kEvents : 0) | (has_cells ? kCells : 0) |
                                         (factors.empty() ? 0 : kFactorSums) |
                                         (ratings.empty() ? 0 : kRatings) | (taste.empty() ? 0 : kTasteSums) |
                                         (segments.cells.empty() ? 0 : kSegmentSums)));
  writer.Fixed(item.value);
  writer.Bytes(item_id);
  if (has_events) EncodeEvents(*this, writer);
  if (has_cells) EncodeCells(writer);
  if (!factors.empty()) factors.Encode(writer);
  if (!ratings.empty()) ratings.Encode(writer);
  if (!taste.empty()) taste.Encode(writer);
  if (!segments.cells.empty()) EncodeSegments(segments, writer);
}

std::optional<ItemDelta> ItemDelta::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kVersion) return std::nullopt;
  const auto sections = reader.Fixed<std::uint8_t>();
  ItemDelta delta(ItemKey{reader.Fixed<std::uint64_t>()});
  delta.item_id = reader.Bytes();
  bool good = reader.ok() && sections < 64;
  if ((sections & kEvents) != 0) good = good && DecodeEvents(reader, delta);
  if ((sections & kCells) != 0) good = good && delta.DecodeCells(reader);
  if ((sections & kFactorSums) != 0) good = good && delta.factors.Decode(reader);
  if ((sections & kRatings) != 0) good = good && delta.ratings.Decode(reader);
  if ((sections & kTasteSums) != 0) good = good && delta.taste.Decode(reader);
  if ((sections & kSegmentSums) != 0) good = good && DecodeSegments(reader, delta.segments);
  if (!good || reader.left() != 0) return std::nullopt;
  return delta;
}

}  // namespace freshet
