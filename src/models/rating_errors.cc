#include "models/rating_errors.h"

#include <cmath>

namespace freshet {
namespace {

constexpr double kUnits = 1e5;  // of a star
constexpr double kWidest = 4;   // the scale

}  // namespace

void RatingErrors::Add(double rating, double predicted) {
  const double apart = std::abs(rating - predicted);
  const double error = apart < kWidest ? apart : kWidest;  // also where it is no number
  const auto units = static_cast<std::uint64_t>(error * kUnits + 0.5);
  ++ratings_;
  absolute_ += units;
  squared_ += units * units;
}

void RatingErrors::Merge(const RatingErrors& other) {
  ratings_ += other.ratings_;
  absolute_ += other.absolute_;
  squared_ += other.squared_;
}

double RatingErrors::Mse() const {
  if (ratings_ == 0) return 0;
  return static_cast<double>(squared_) / (kUnits * kUnits) / static_cast<double>(ratings_);
}

double RatingErrors::Rmse() const { return std::sqrt(Mse()); }

double RatingErrors::Mae() const {
  if (ratings_ == 0) return 0;
  return static_cast<double>(absolute_) / kUnits / static_cast<double>(ratings_);
}

void RatingErrors::Encode(ByteWriter& writer) const {
  writer.Varint(ratings_);
  if (ratings_ == 0) return;
  writer.Varint(absolute_);
  writer.Varint(squared_);
}

bool RatingErrors::Decode(ByteReader& reader) {
  *this = RatingErrors();
  ratings_ = reader.Varint();
  if (ratings_ == 0) return reader.ok();
  absolute_ = reader.Varint();
  squared_ = reader.Varint();
  return reader.ok();
}

}  // namespace freshet
