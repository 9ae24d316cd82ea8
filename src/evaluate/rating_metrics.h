#pragma once

#include <cstdint>

namespace freshet {

/// Errors of predicted ratings.
class RatingMetrics final {
 public:
  struct Scale {
    double min = 1;
    double max = 5;
  };
  /// The prediction is clipped to the scale; one that is no number counts as wrong by the scale's width.
  void Add(double predicted, double given, const Scale& scale);
  std::uint64_t count() const { return count_; }
  // 0 without ratings.
  double Mse() const;
  double Rmse() const;
  double Mae() const;

 private:
  std::uint64_t count_ = 0;
  double squares_ = 0;
  double distances_ = 0;
};

}  // namespace freshet
