#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "freshet/model.h"
#include "models/decay.h"

namespace freshet {

/// Segments that one item's sums can hold: an item of users from everywhere keeps its strongest.
inline constexpr std::size_t kSegmentsMax = 128;

/// Counts an event at `at` in a segment; a negative weight takes one back.
void AddSegment(SegmentSums& to, std::uint64_t segment, float weight, Timestamp at, HalfLife half_life);
void MergeSegments(SegmentSums& into, const SegmentSums& from, HalfLife half_life);
/// What the segment counts at the landmark of the sums; 0: it is not among them.
float SegmentWeight(const SegmentSums& sums, std::uint64_t segment);

void EncodeSegments(const SegmentSums& sums, ByteWriter& to);
/// False when the bytes are not sums.
bool DecodeSegments(ByteReader& from, SegmentSums& to);

}  // namespace freshet
