#include "models/segment_sums.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

bool BySegment(const SegmentCell& a, const SegmentCell& b) { return a.segment < b.segment; }

bool Outweighs(const SegmentCell& a, const SegmentCell& b) {
  const float left = std::abs(a.weight);
  const float right = std::abs(b.weight);
  return left != right ? left > right : a.segment < b.segment;
}

void MoveLandmark(SegmentSums& sums, Timestamp landmark, HalfLife half_life) {
  if (sums.cells.empty()) sums.landmark = landmark;
  if (landmark <= sums.landmark) return;
  const auto factor = static_cast<float>(WeightAt(sums.landmark, landmark, half_life));
  for (SegmentCell& cell : sums.cells) cell.weight *= factor;
  sums.landmark = landmark;
}

void AddCell(SegmentSums& to, std::uint64_t segment, float weight) {
  const auto at = std::lower_bound(to.cells.begin(), to.cells.end(), SegmentCell{segment, 0}, BySegment);
  if (at == to.cells.end() || at->segment != segment) {
    to.cells.insert(at, {segment, weight});
  } else if ((at->weight += weight) == 0) {
    to.cells.erase(at);
  }
}

void Bound(SegmentSums& sums) {
  if (sums.cells.size() <= kSegmentsMax) return;
  const auto bound = sums.cells.begin() + kSegmentsMax;
  std::nth_element(sums.cells.begin(), bound, sums.cells.end(), Outweighs);
  sums.cells.erase(bound, sums.cells.end());
  std::sort(sums.cells.begin(), sums.cells.end(), BySegment);
}

}  // namespace

void AddSegment(SegmentSums& to, std::uint64_t segment, float weight, Timestamp at, HalfLife half_life) {
  MoveLandmark(to, LandmarkFor(at, half_life), half_life);
  AddCell(to, segment, weight * static_cast<float>(WeightAt(at, to.landmark, half_life)));
  Bound(to);
}

void MergeSegments(SegmentSums& into, const SegmentSums& from, HalfLife half_life) {
  if (from.cells.empty()) return;
  MoveLandmark(into, from.landmark, half_life);
  const auto worth = static_cast<float>(WeightAt(from.landmark, into.landmark, half_life));
  for (const SegmentCell& cell : from.cells) AddCell(into, cell.segment, cell.weight * worth);
  Bound(into);
}

float SegmentWeight(const SegmentSums& sums, std::uint64_t segment) {
  const auto at = std::lower_bound(sums.cells.begin(), sums.cells.end(), SegmentCell{segment, 0}, BySegment);
  return at == sums.cells.end() || at->segment != segment ? 0 : at->weight;
}

void EncodeSegments(const SegmentSums& sums, ByteWriter& to) {
  to.Signed(sums.landmark.ms);
  to.Varint(sums.cells.size());
  for (const SegmentCell& cell : sums.cells) {
    to.Fixed(cell.segment);
    to.Fixed(cell.weight);
  }
}

bool DecodeSegments(ByteReader& from, SegmentSums& to) {
  to.landmark.ms = from.Signed();
  const std::uint64_t count = from.Varint();
  if (!from.ok() || count > kSegmentsMax) return false;
  to.cells.resize(count);
  bool good = true;
  for (std::size_t i = 0; i < count; ++i) {
    to.cells[i].segment = from.Fixed<std::uint64_t>();
    to.cells[i].weight = from.Fixed<float>();
    good = good && std::isfinite(to.cells[i].weight) && (i == 0 || BySegment(to.cells[i - 1], to.cells[i]));
  }
  return good && from.ok();
}

}  // namespace freshet
