#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "freshet/model.h"
#include "models/rating_model.h"
#include "models/spd_solver.h"

namespace freshet {

// Taste: a rating is mean + user's bias + item's bias + p . q, with both sides' vectors [bias, taste]
// Gaussian. A user's vector is solved anew from the history whenever it is needed. An item's is solved from
// sums over users of [1, p][1, p]' + covariance of p: variational Bayes (Lim, Teh 2007), one side at a time,
// with sums that add over batches and partitions. What a user adds is the same for all its items but for the
// rating, and is kept as a TasteLesson: it can be taken back to rounding, and is replaced when the user is
// known better.

/// Entries of the packed lower triangle of what a user adds.
inline constexpr std::size_t kTasteSquares = kTaste * (kTaste + 1) / 2;

/// A rating of the user's past, with its item as the view shows it. Borrowed.
struct RatedItem {
  const ItemModel* item = nullptr;
  float rating = 0;  ///< 1..5
  Timestamp at;
};

/// What a user teaches each item that it rated.
struct TasteLesson {
  std::uint32_t ratings = 0;  ///< that the user had given when it was made
  float base = 0;             ///< the mean and the user's bias: what a rating is compared with
  Taste row{};                ///< w [1, p]
  std::array<float, kTasteSquares> squares{};  ///< w ([1, p][1, p]' + covariance of p)
  void Encode(ByteWriter& to) const;
  /// False when the bytes are not a lesson.
  bool Decode(ByteReader& from);
};

/// What users say about one item's taste. Sums: deltas of any batches merge.
class TasteSums final {
 public:
  void Add(const TasteLesson& user, float rating) { AddTimes(1, user, rating); }
  /// Takes an addition back, to rounding.
  void TakeBack(const TasteLesson& user, float rating) { AddTimes(-1, user, rating); }
  void Merge(const TasteSums& other);
  /// For an owner's sums, not for a delta: nothing is left of the sums when no rating is.
  void Settle();
  bool empty() const { return changes_ == 0; }
  /// Of memory beside the object itself.
  std::size_t Bytes() const { return sums_.capacity() * sizeof(float); }
  /// Additions and what was taken back.
  std::uint64_t changes() const { return changes_; }
  /// Additions less those taken back.
  std::int64_t ratings() const { return ratings_; }
  /// The item's taste, about 5 us; unknown without ratings, and where retractions left no positive definite
  /// system.
  ItemTaste Solve(ItemKey item, const RatingOptions& options) const;

  void Encode(ByteWriter& to) const;
  /// False when the bytes are not sums; they are then empty.
  bool Decode(ByteReader& from);

 private:
  void AddTimes(float sign, const TasteLesson& user, float rating);

  std::uint64_t changes_ = 0;
  std::int64_t ratings_ = 0;
  std::vector<float> sums_;  ///< the squares, then the row times the residual; empty: zeros
};

/// Solves users' tastes. Reused, it does not allocate. One thread.
class UserTaste final {
 public:
  explicit UserTaste(const RatingOptions& options);
  /// From a user's ratings, the newest first; older ones count less. Costs 40 ns a rating and 1 us.
  void Solve(std::span<const RatedItem> rated, double mean);
  double mean() const { return mean_; }
  /// The bias, then p.
  const Taste& value() const { return value_; }
  /// Variance of bias + p . q for an item.
  double Variance(const Taste& item) const;
  /// What items learn from this user. About 5 us.
  TasteLesson Lesson(std::uint32_t ratings) const;

 private:
  RatingOptions options_;
  float fading_;  ///< what a rating counts relative to the next newer one
  double mean_ = 0;
  Taste value_{};
  SpdSolver solver_;
};

/// Where an item's taste starts before it has evidence: small numbers from the key alone, bias 0.
Taste InitialTaste(ItemKey item);

/// p . q without the biases.
float TasteProduct(const Taste& a, const Taste& b);

/// A user teaches all its items anew when it has given a quarter more ratings since it last did.
inline bool DueForTeaching(std::uint32_t ratings, std::uint32_t taught) {
  return taught == 0 || ratings >= taught + 1 + taught / 4;
}

}  // namespace freshet
