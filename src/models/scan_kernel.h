#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/int8_matrix.h"

namespace freshet {

/// Queries that one pass over a chunk serves.
inline constexpr std::size_t kScanQueries = 8;
/// Upper end of one row's share of the mass, in mass units: a chunk's rows sum up within 32 bits.
inline constexpr float kScanMassMax = 0x1p26f;

/// One query as the kernels read it.
struct ScanQuery {
  alignas(64) std::array<std::int8_t, kScanDimensionsMax> codes{};
  /// The codes as pairs of 16-bit integers, those of dimensions 0 and 2, and 1 and 3, of each group.
  std::array<std::int32_t, kScanDimensionsMax / kScanGroup> even{};
  std::array<std::int32_t, kScanDimensionsMax / kScanGroup> odd{};
  float scale = 0;
  float mass_unit = 0;  ///< a power of two: scores are rounded to its reciprocal when they are summed
  float threshold = 0;
  std::int32_t code_sum = 0;
};

/// What a kernel says of one chunk and one query.
struct ScanScores {
  /// (sum of code products * row scale) * query scale + bias, each operation rounded: the same bits on
  /// every kernel.
  alignas(64) std::array<float, kScanRows> score;
  std::array<std::uint64_t, kScanRows / 64> reached{};  ///< bit r: score >= threshold
  std::int64_t mass = 0;  ///< sum of the positive scores, in mass units, each clamped to kScanMassMax
};

/// A chunk to score, and what to fetch from memory meanwhile.
struct ScanStep {
  const ScanChunk& chunk;
  const ScanChunk& next;  ///< the chunk itself at the end
};

/// Scores a chunk for at most kScanQueries queries; `scores` has as many entries.
using ScanKernel = void (*)(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                            std::span<ScanScores> scores);

void ScanChunkPlain(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                    std::span<ScanScores> scores);
void ScanChunkAvx2(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                   std::span<ScanScores> scores);
/// AVX-512 F, BW and VNNI: only where the processor has them.
void ScanChunkVnni(const ScanStep& step, std::size_t dimensions, std::span<const ScanQuery> queries,
                   std::span<ScanScores> scores);

struct NamedScanKernel {
  std::string_view name;
  ScanKernel kernel;
};

/// The kernels that this processor can run, the fastest first.
std::vector<NamedScanKernel> ScanKernelsHere();
/// The first of them.
ScanKernel BestScanKernel();

}  // namespace freshet
