#include <immintrin.h>

#include <cstring>

#include "models/scan_kernel.h"

// Every function that uses these instructions says so itself: the file is compiled for the same processor as
// all others, so that nothing that the linker may share with them needs more than they do.
#define FRESHET_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

namespace freshet {
namespace {

struct RowConstants {
  std::size_t first;
  __m512 scale;
  __m512 bias;
};

FRESHET_VNNI inline void Finish(__m512i sums, const RowConstants& rows, const ScanQuery& query,
                                ScanScores& scores, __m512i& mass) {
  const __m512 product =
      _mm512_mul_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), rows.scale), _mm512_set1_ps(query.scale));
  const __m512 score = _mm512_add_ps(product, rows.bias);
  _mm512_store_ps(&scores.score[rows.first], score);
  const std::uint64_t reached = _mm512_cmp_ps_mask(score, _mm512_set1_ps(query.threshold), _CMP_GE_OQ);
  scores.reached[rows.first / 64] |= reached << rows.first % 64;
  const __m512 positive =
      _mm512_mul_ps(_mm512_max_ps(score, _mm512_setzero_ps()), _mm512_set1_ps(query.mass_unit));
  const __m512 share = _mm512_min_ps(positive, _mm512_set1_ps(kScanMassMax));
  mass = _mm512_add_epi32(mass, _mm512_cvtps_epi32(share));
}

FRESHET_VNNI inline std::int64_t SumOf(__m512i lanes) {
  alignas(64) std::int32_t each[kScanLanes];
  _mm512_store_si512(each, lanes);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kScanLanes; ++i) sum += each[i];
  return sum;
}

FRESHET_VNNI inline __m512i Broadcast(const std::int8_t* codes) {
  std::int32_t four;
  std::memcpy(&four, codes, sizeof four);
  return _mm512_set1_epi32(four);
}

/// kBlocks of kScanLanes rows at a time: as many independent sums as it takes to hide the latency.
template <std::size_t kQueries, std::size_t kBlocks>
FRESHET_VNNI void ScanQueries(const ScanStep& step, std::size_t dimensions, const ScanQuery* queries,
                              ScanScores* scores) {
  static_assert(kScanRows % (kBlocks * kScanLanes) == 0);
  const ScanChunk& chunk = step.chunk;
  __m512i mass[kQueries];
  for (std::size_t q = 0; q < kQueries; ++q) {
    mass[q] = _mm512_setzero_si512();
    scores[q].reached.fill(0);
  }
  for (std::size_t first = 0; first < kScanRows; first += kBlocks * kScanLanes) {
    const std::uint8_t* codes = &chunk.codes[first * dimensions];
    const std::uint8_t* next = &step.next.codes[first * dimensions];
    __m512i sums[kQueries][kBlocks];
#pragma GCC unroll 8
    for (std::size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 8
      for (std::size_t b = 0; b < kBlocks; ++b) sums[q][b] = _mm512_set1_epi32(-128 * queries[q].code_sum);
    }
    for (std::size_t d = 0; d < dimensions; d += kScanGroup) {
      __m512i rows[kBlocks];
#pragma GCC unroll 8
      for (std::size_t b = 0; b < kBlocks; ++b) {
        rows[b] = _mm512_loadu_si512(codes + (b * dimensions + d) * kScanLanes);
        __builtin_prefetch(next + (b * dimensions + d) * kScanLanes);
      }
#pragma GCC unroll 8
      for (std::size_t q = 0; q < kQueries; ++q) {
        const __m512i four = Broadcast(&queries[q].codes[d]);
#pragma GCC unroll 8
        for (std::size_t b = 0; b < kBlocks; ++b) {
          sums[q][b] = _mm512_dpbusd_epi32(sums[q][b], rows[b], four);
        }
      }
    }
#pragma GCC unroll 8
    for (std::size_t b = 0; b < kBlocks; ++b) {
      const std::size_t at = first + b * kScanLanes;
      __builtin_prefetch(&step.next.scale[at]);
      __builtin_prefetch(&step.next.bias[at]);
      const RowConstants rows{at, _mm512_loadu_ps(&chunk.scale[at]), _mm512_loadu_ps(&chunk.bias[at])};
#pragma GCC unroll 8
      for (std::size_t q = 0; q < kQueries; ++q) Finish(sums[q][b], rows, queries[q], scores[q], mass[q]);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) scores[q].mass = SumOf(mass[q]);
}

}  // namespace

FRESHET_VNNI void ScanChunkVnni(const ScanStep& step, std::size_t dimensions,
                                std::span<const ScanQuery> queries, std::span<ScanScores> scores) {
  std::size_t q = 0;
  for (; q + 8 <= queries.size(); q += 8) ScanQueries<8, 2>(step, dimensions, &queries[q], &scores[q]);
  for (; q + 4 <= queries.size(); q += 4) ScanQueries<4, 4>(step, dimensions, &queries[q], &scores[q]);
  for (; q + 2 <= queries.size(); q += 2) ScanQueries<2, 8>(step, dimensions, &queries[q], &scores[q]);
  if (q < queries.size()) ScanQueries<1, 8>(step, dimensions, &queries[q], &scores[q]);
}

}  // namespace freshet
