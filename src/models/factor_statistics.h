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
///
/// What is taken back is a pair of negative weight whose factor was computed anew, from the same past but
/// from today's items: nearly what was added. Settle removes the addition it means, exactly, as long as pairs
/// are kept one by one; packed sums keep the small difference, at most one part in kPairs of what they hold.
class FactorStatistics final {
 public:
  static constexpr std::size_t kPairs = 32;

  void Add(float weight, const Factor& user);
  /// Takes an addition of this weight back; `user` is its factor or close to it. Undoes an equal one at once.
  void TakeBack(float weight, const Factor& user);
  void Merge(const FactorStatistics& other);
  /// Removes each pair taken back together with the nearest addition of its weight; with no additions left
  /// nothing is left of the sums. For an owner's statistics, not for a delta, whose additions are others'.
  void Settle();
  /// Forgets: all weights times `factor`.
  void Scale(float factor);
  bool empty() const { return count_ == 0; }
  /// Number of changes: additions and those taken back.
  std::uint64_t count() const { return count_; }
  /// Additions less those taken back.
  std::int64_t additions() const { return additions_; }
  /// Of memory beside the object itself.
  std::size_t Bytes() const { return pairs_.capacity() * sizeof(Pair) + sums_.capacity() * sizeof(float); }

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
  static Pair Rounded(float weight, const Factor& user);
  static float Distance(const Pair& a, const Pair& b);
  bool DecodeBody(ByteReader& from);

  std::uint64_t count_ = 0;
  std::int64_t additions_ = 0;
  std::vector<Pair> pairs_;
  std::vector<float> sums_;  ///< A, then b; empty: pairs_ holds all
};

/// An item's factor is solved again when its evidence grew by an eighth.
inline bool DueForSolve(std::uint64_t since, std::uint64_t total) {
  return since >= (total / 8 > 1 ? total / 8 : 1);
}

}  // namespace freshet
