#include <immintrin.h>

#include <cstring>

#include "models/scan_kernel.h"

namespace freshet {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kHalves = kScanLanes / kLanes;

struct RowConstants {
  __m256 scale;
  __m256 bias;
  std::size_t first;
};

void Finish(__m256i sums, const RowConstants& rows, const ScanQuery& query, ScanScores& scores,
            __m256i& mass) {
  const __m256 product =
      _mm256_mul_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), rows.scale), _mm256_set1_ps(query.scale));
  const __m256 score = _mm256_add_ps(product, rows.bias);
  _mm256_store_ps(&scores.score[rows.first], score);
  const auto reached = static_cast<std::uint64_t>(
      _mm256_movemask_ps(_mm256_cmp_ps(score, _mm256_set1_ps(query.threshold), _CMP_GE_OQ)));
  scores.reached[rows.first / 64] |= reached << rows.first % 64;
  const __m256 positive =
      _mm256_mul_ps(_mm256_max_ps(score, _mm256_setzero_ps()), _mm256_set1_ps(query.mass_unit));
  const __m256 share = _mm256_min_ps(positive, _mm256_set1_ps(kScanMassMax));
  mass = _mm256_add_epi32(mass, _mm256_cvtps_epi32(share));
}

std::int64_t SumOf(__m256i lanes) {
  alignas(32) std::array<std::int32_t, kLanes> each;
  std::memcpy(each.data(), &lanes, sizeof lanes);
  std::int64_t sum = 0;
  for (const std::int32_t lane : each) sum += lane;
  return sum;
}

template <std::size_t kQueries>
void ScanQueries(const ScanStep& step, std::size_t dimensions, const ScanQuery* queries, ScanScores* scores) {
  const ScanChunk& chunk = step.chunk;
  __m256i mass[kQueries];
  for (std::size_t q = 0; q < kQueries; ++q) {
    mass[q] = _mm256_setzero_si256();
    scores[q].reached.fill(0);
  }
  const __m256i low = _mm256_set1_epi16(0xff);
  for (std::size_t first = 0; first < kScanRows; first += kScanLanes) {
    const std::uint8_t* codes = &chunk.codes[first * dimensions];
    const std::uint8_t* next = &step.next.codes[first * dimensions];
    __builtin_prefetch(&step.next.scale[first]);
    __builtin_prefetch(&step.next.bias[first]);
    __m256i sums[kQueries][kHalves];
#pragma GCC unroll 4
    for (std::size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 2
      for (std::size_t h = 0; h < kHalves; ++h) sums[q][h] = _mm256_set1_epi32(-128 * queries[q].code_sum);
    }
    for (std::size_t d = 0; d < dimensions; d += kScanGroup) {
      __m256i even[kHalves];
      __m256i odd[kHalves];
      __builtin_prefetch(next + d * kScanLanes);
#pragma GCC unroll 2
      for (std::size_t h = 0; h < kHalves; ++h) {
        const __m256i bytes = _mm256_loadu_si256(
            reinterpret_cast<const __m256i*>(codes + (d * kScanLanes + h * kLanes * kScanGroup)));
        even[h] = _mm256_and_si256(bytes, low);
        odd[h] = _mm256_srli_epi16(bytes, 8);
      }
#pragma GCC unroll 4
      for (std::size_t q = 0; q < kQueries; ++q) {
        // Products of 16-bit pairs are exact in 32 bits; those of 8-bit pairs would saturate.
        const __m256i query_even = _mm256_set1_epi32(queries[q].even[d / kScanGroup]);
        const __m256i query_odd = _mm256_set1_epi32(queries[q].odd[d / kScanGroup]);
#pragma GCC unroll 2
        for (std::size_t h = 0; h < kHalves; ++h) {
          sums[q][h] = _mm256_add_epi32(sums[q][h], _mm256_madd_epi16(even[h], query_even));
          sums[q][h] = _mm256_add_epi32(sums[q][h], _mm256_madd_epi16(odd[h], query_odd));
        }
      }
    }
    for (std::size_t h = 0; h < kHalves; ++h) {
      const std::size_t at = first + h * kLanes;
      const RowConstants rows{_mm256_loadu_ps(&chunk.scale[at]), _mm256_loadu_ps(&chunk.bias[at]), at};
      for (std::size_t q = 0; q < kQueries; ++q) Finish(sums[q][h], rows, queries[q], scores[q], mass[q]);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) scores[q].mass = SumOf(mass[q]);
}

}  // namespace

void ScanChunkAvx2(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                   std::span<ScanScores> scores) {
  std::size_t q = 0;
  for (; q + 4 <= queries.size(); q += 4) ScanQueries<4>(step, dimensions, &queries[q], &scores[q]);
  for (; q + 2 <= queries.size(); q += 2) ScanQueries<2>(step, dimensions, &queries[q], &scores[q]);
  if (q < queries.size()) ScanQueries<1>(step, dimensions, &queries[q], &scores[q]);
}

}  // namespace freshet
