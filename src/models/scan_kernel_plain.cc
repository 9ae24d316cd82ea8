#include <algorithm>
#include <cmath>

#include "models/scan_kernel.h"

namespace freshet {
namespace {

using LaneSums = std::array<std::int32_t, kScanLanes>;

LaneSums Multiply(const std::uint8_t* codes, std::size_t dimensions, const ScanQuery& query) {
  LaneSums sums;
  sums.fill(-128 * query.code_sum);
  for (std::size_t d = 0; d < dimensions; d += kScanGroup) {
    for (std::size_t lane = 0; lane < kScanLanes; ++lane) {
      for (std::size_t i = 0; i < kScanGroup; ++i) {
        sums[lane] += static_cast<std::int32_t>(codes[d * kScanLanes + lane * kScanGroup + i]) *
                      static_cast<std::int32_t>(query.codes[d + i]);
      }
    }
  }
  return sums;
}

void Score(const ScanChunk& chunk, std::size_t dimensions, const ScanQuery& query, ScanScores& scores) {
  scores.reached.fill(0);
  scores.mass = 0;
  for (std::size_t first = 0; first < kScanRows; first += kScanLanes) {
    const LaneSums sums = Multiply(&chunk.codes[first * dimensions], dimensions, query);
    for (std::size_t lane = 0; lane < kScanLanes; ++lane) {
      const std::size_t row = first + lane;
      const float score = static_cast<float>(sums[lane]) * chunk.scale[row] * query.scale + chunk.bias[row];
      scores.score[row] = score;
      if (score >= query.threshold) scores.reached[row / 64] |= std::uint64_t{1} << row % 64;
      const float share = std::min(std::max(score, 0.0f) * query.mass_unit, kScanMassMax);
      scores.mass += static_cast<std::int64_t>(std::nearbyint(share));
    }
  }
}

}  // namespace

void ScanChunkPlain(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                    std::span<ScanScores> scores) {
  for (std::size_t q = 0; q < queries.size(); ++q) Score(step.chunk, dimensions, queries[q], scores[q]);
}

}  // namespace freshet
