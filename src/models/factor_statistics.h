#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "freshet/model.h"
#include "models/gramian.h"

namespace freshet {

/// What users say about one item's factor: A = sum of w p p', b = sum of w p. Sums over users, so that
/// partitions add. Up to kPairs users are kept one by one (132 bytes each), more are packed into 2,080 + 64
/// floats; factors are rounded to bfloat16 on arrival, so that both forms hold the same values.
class FactorStatistics final {
 public:
  static constexpr std::size_t kPairs = 32;

  /// A negative weight takes back.
  void Add(float weight, const Factor& user);
  void Merge(const FactorStatistics& other);
  /// Forgets: all weights times `factor`.
  void Scale(float factor);
  bool empty() const { return count_ == 0; }
  /// Number of additions.
  std::uint64_t count() const { return count_; }

  /// q = (alpha0 G + A + lambda I)^-1 b with the users' Gramian G. Empty when retractions left no positive
  /// definite system: the caller keeps its factor. About 30 us.
  std::optional<Factor> Solve(const Gramian& users, const FactorOptions& options) const;

  void Encode(ByteWriter& to) const;
  /// False when the bytes are not statistics; they are then empty.
  bool Decode(ByteReader& from);

 private:
  struct Pair {
    float weight = 0;
    std::array<std::uint16_t, kFactors> user{};
  };
  bool packed() const { return !sums_.empty(); }
  void Pack();
  void AddPair(const Pair& pair);
  bool DecodeBody(ByteReader& from);

  std::uint64_t count_ = 0;
  std::vector<Pair> pairs_;
  std::vector<float> sums_;  ///< A, then b; empty: pairs_ holds all
};

/// An item's factor is solved again when its evidence grew by an eighth.
inline bool DueForSolve(std::uint64_t since, std::uint64_t total) {
  return since >= (total / 8 > 1 ? total / 8 : 1);
}

}  // namespace freshet
