#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "freshet/ids.h"
#include "models/int8_matrix.h"
#include "models/scan_kernel.h"

namespace freshet {

/// What a scan asks about items. Answers do not change while it runs.
class ScanItems {
 public:
  virtual ~ScanItems() = default;
  /// False: the item is passed over.
  virtual bool Keep(ItemKey item) const = 0;
  /// The product that the integers stand for, plus the row's bias, in one order of operations; not finite:
  /// the item is passed over after all.
  virtual float Exact(ItemKey item) const = 0;
};

/// The strongest items for one query. Borrowed: valid during the call.
struct ScanRequest {
  std::span<const float> query;  ///< the matrix's dimensions; numbers that are not finite: no hits
  const ScanItems& items;
  std::size_t limit = 100;
  float above = 0;  ///< hits score more than this
};

struct ScanHit {
  ItemKey item;
  float score = 0;  ///< exact
};

struct ScanResult {
  std::vector<ScanHit> hits;  ///< the best first; ties: the smaller key
  double mass = 0;            ///< sum of the positive approximate scores of all rows, kept or not
};

/// Exact search by exhaustion: integer products of all rows with up to kScanQueries queries at a time choose
/// candidates (CandidatesFor(limit) of them), whose exact scores give the order. A function of
/// the rows' items and values alone: neither their places nor the kernel matter, to the last bit. Keeps its
/// memory between runs. One thread.
class Int8Scan final {
 public:
  explicit Int8Scan(ScanKernel kernel = BestScanKernel()) : kernel_(kernel) {}

  /// results has one entry for each request.
  void Run(const Int8Matrix& matrix, std::span<const ScanRequest> requests, std::span<ScanResult> results);

  /// Rows that are scored exactly for so many hits.
  static std::size_t CandidatesFor(std::size_t limit) { return limit + limit / 4 + 16; }

 private:
  struct Candidates {
    std::vector<std::uint64_t> found;  ///< score and place, packed; at most twice as many as wanted
    std::size_t wanted = 0;
    std::int64_t mass = 0;
  };
  void RunBatch(const Int8Matrix& matrix, std::span<const ScanRequest> requests,
                std::span<ScanResult> results);
  void Collect(const Int8Matrix& matrix, std::size_t chunk, std::size_t query, const ScanItems& items);
  void Cut(const Int8Matrix& matrix, std::size_t query);
  void Finish(const Int8Matrix& matrix, std::size_t query, const ScanRequest& request, ScanResult& result);

  ScanKernel kernel_;
  std::array<ScanQuery, kScanQueries> queries_;
  std::array<ScanScores, kScanQueries> scores_;
  std::array<Candidates, kScanQueries> candidates_;
};

}  // namespace freshet
