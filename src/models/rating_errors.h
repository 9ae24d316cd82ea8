#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace freshet {

/// Errors of predicted ratings, in whole hundred-thousandths of a star, so that sums of tasks and of times
/// are exact in any order.
class RatingErrors final {
 public:
  /// Both on the scale 1..5.
  void Add(double rating, double predicted);
  void Merge(const RatingErrors& other);
  std::uint64_t ratings() const { return ratings_; }

  // 0 where there are no ratings.
  double Mse() const;
  double Rmse() const;
  double Mae() const;

  void Encode(ByteWriter& writer) const;
  bool Decode(ByteReader& reader);

 private:
  std::uint64_t ratings_ = 0;
  std::uint64_t absolute_ = 0;
  std::uint64_t squared_ = 0;  ///< at most 1.6e11 a rating: enough for 1e8 of them
};

}  // namespace freshet
