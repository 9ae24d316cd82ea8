#include "evaluate/rating_metrics.h"

#include <algorithm>
#include <cmath>

namespace freshet {

void RatingMetrics::Add(double predicted, double given, const Scale& scale) {
  const double error =
      std::isfinite(predicted) ? std::clamp(predicted, scale.min, scale.max) - given : scale.max - scale.min;
  ++count_;
  squares_ += error * error;
  distances_ += std::abs(error);
}

double RatingMetrics::Mse() const { return count_ == 0 ? 0 : squares_ / static_cast<double>(count_); }
double RatingMetrics::Rmse() const { return std::sqrt(Mse()); }
double RatingMetrics::Mae() const { return count_ == 0 ? 0 : distances_ / static_cast<double>(count_); }

}  // namespace freshet
