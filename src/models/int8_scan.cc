#include "models/int8_scan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/assert.h"
#include "models/int8_quantise.h"

namespace freshet {
namespace {

/// Mass units in the query's length: a row of length 1 counts with 16 binary digits, one of length 512 still
/// in full.
constexpr int kMassDigits = 16;

bool Better(const ScanHit& a, const ScanHit& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

constexpr int kPlaceBits = 32;
constexpr std::uint32_t kSign = 1U << 31;

/// Score and place as one integer whose order is that of the scores.
std::uint64_t Pack(float score, std::size_t place) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0f);  // -0 becomes +0: they are equal
  const std::uint32_t ordered = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return std::uint64_t{ordered} << kPlaceBits | static_cast<std::uint32_t>(place);
}

float ScoreOf(std::uint64_t packed) {
  const auto ordered = static_cast<std::uint32_t>(packed >> kPlaceBits);
  return std::bit_cast<float>((ordered & kSign) != 0 ? ordered & ~kSign : ~ordered);
}

ItemKey ItemAt(const Int8Matrix& matrix, std::uint64_t packed) {
  const auto place = static_cast<std::uint32_t>(packed);
  return matrix.chunk(place / kScanRows).item[place % kScanRows];
}

std::int32_t Pair(std::int8_t low, std::int8_t high) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(high) << 16 |
                                   (static_cast<std::uint32_t>(low) & 0xffff));
}

/// False where the query has a number that is not finite.
bool Prepare(std::span<const float> vector, float above, ScanQuery& query) {
  const std::span<std::int8_t> codes = std::span(query.codes).first(vector.size());
  query.scale = QuantiseToInt8(vector, codes);
  for (std::size_t d = 0; d < vector.size(); d += kScanGroup) {
    query.even[d / kScanGroup] = Pair(codes[d], codes[d + 2]);
    query.odd[d / kScanGroup] = Pair(codes[d + 1], codes[d + 3]);
  }
  query.code_sum = std::accumulate(codes.begin(), codes.end(), std::int32_t{0});
  query.threshold = std::max(above, std::numeric_limits<float>::lowest());
  query.mass_unit = 0;
  if (!std::isfinite(query.scale)) return false;
  double squares = 0;
  for (const std::int8_t code : codes) squares += static_cast<double>(code) * static_cast<double>(code);
  const double length = std::sqrt(squares) * static_cast<double>(query.scale);
  if (length > 0) query.mass_unit = std::ldexp(1.0f, kMassDigits - std::ilogb(length));
  return true;
}

}  // namespace

void Int8Scan::Run(const Int8Matrix& matrix, std::span<const ScanRequest> requests,
                   std::span<ScanResult> results) {
  FRESHET_ASSERT(requests.size() == results.size());
  for (std::size_t first = 0; first < requests.size(); first += kScanQueries) {
    const std::size_t count = std::min(kScanQueries, requests.size() - first);
    RunBatch(matrix, requests.subspan(first, count), results.subspan(first, count));
  }
}

void Int8Scan::RunBatch(const Int8Matrix& matrix, std::span<const ScanRequest> requests,
                        std::span<ScanResult> results) {
  std::array<std::size_t, kScanQueries> request_of{};
  std::size_t queries = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    FRESHET_ASSERT(requests[i].query.size() == matrix.dimensions());
    results[i].hits.clear();
    results[i].mass = 0;
    if (requests[i].limit == 0 || !Prepare(requests[i].query, requests[i].above, queries_[queries])) continue;
    candidates_[queries].found.clear();
    candidates_[queries].wanted = CandidatesFor(requests[i].limit);
    candidates_[queries].mass = 0;
    request_of[queries++] = i;
  }
  if (queries == 0) return;
  for (std::size_t c = 0; c < matrix.chunks(); ++c) {
    const ScanStep step{matrix.chunk(c), matrix.chunk(std::min(c + 1, matrix.chunks() - 1))};
    kernel_(step, matrix.dimensions(), std::span(queries_).first(queries), std::span(scores_).first(queries));
    for (std::size_t q = 0; q < queries; ++q) Collect(matrix, c, q, requests[request_of[q]].items);
  }
  for (std::size_t q = 0; q < queries; ++q) {
    Finish(matrix, q, requests[request_of[q]], results[request_of[q]]);
  }
}

void Int8Scan::Collect(const Int8Matrix& matrix, std::size_t chunk, std::size_t query,
                       const ScanItems& items) {
  const ScanScores& scores = scores_[query];
  Candidates& candidates = candidates_[query];
  candidates.mass += scores.mass;
  for (std::size_t word = 0; word < scores.reached.size(); ++word) {
    for (std::uint64_t left = scores.reached[word]; left != 0; left &= left - 1) {
      const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(left));
      if (scores.score[row] < queries_[query].threshold) continue;
      if (!items.Keep(matrix.chunk(chunk).item[row])) continue;
      candidates.found.push_back(Pack(scores.score[row], chunk * kScanRows + row));
      if (candidates.found.size() == 2 * candidates.wanted) Cut(matrix, query);
    }
  }
}

void Int8Scan::Cut(const Int8Matrix& matrix, std::size_t query) {
  Candidates& candidates = candidates_[query];
  std::vector<std::uint64_t>& found = candidates.found;
  if (found.size() <= candidates.wanted) return;
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(candidates.wanted);
  std::nth_element(found.begin(), end - 1, found.end(), std::greater<>());
  const std::uint64_t last = *(end - 1);
  const auto tied = [&](std::uint64_t packed) { return packed >> kPlaceBits == last >> kPlaceBits; };
  if (std::any_of(end, found.end(), tied)) {
    // Places must not matter: of those of the last score the smallest keys stay.
    std::sort(found.begin(), found.end(), [&](std::uint64_t a, std::uint64_t b) {
      if (a >> kPlaceBits != b >> kPlaceBits) return a > b;
      return ItemAt(matrix, a) < ItemAt(matrix, b);
    });
  }
  // Later rows of this very score may still win by their key.
  queries_[query].threshold = ScoreOf(last);
  found.erase(end, found.end());
}

void Int8Scan::Finish(const Int8Matrix& matrix, std::size_t query, const ScanRequest& request,
                      ScanResult& result) {
  Cut(matrix, query);
  const Candidates& candidates = candidates_[query];
  for (const std::uint64_t packed : candidates.found) {
    const ItemKey item = ItemAt(matrix, packed);
    const float exact = request.items.Exact(item);
    if (std::isfinite(exact) && exact > request.above) result.hits.push_back({item, exact});
  }
  std::sort(result.hits.begin(), result.hits.end(), Better);
  if (result.hits.size() > request.limit) result.hits.resize(request.limit);
  const float unit = queries_[query].mass_unit;
  if (unit > 0) result.mass = static_cast<double>(candidates.mass) / static_cast<double>(unit);
}

}  // namespace freshet
