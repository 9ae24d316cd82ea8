#include "models/rating_features.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

constexpr std::array<std::int64_t, 4> kWithinMs = {1000, 60'000, 600'000, 86'400'000};
constexpr double kPriorRatings = 3;       // that pull a mean of residuals to 0
constexpr double kOneIn5 = 0.818730753;   // exp(-1/5): the last five ratings or so
constexpr double kOneIn50 = 0.980198673;  // exp(-1/50)
constexpr double kSpreadVariance = 1.2;   // of ratings of all users, worth kSpreadRatings of them
constexpr double kSpreadRatings = 5;
constexpr double kSpreadMiddle = 1.05;
constexpr double kHalfKnown = 20;  // ratings
// In forward weight of rows: what an item's mass must exceed to count, and what pulls a mean to 0.
constexpr float kTogether = 0.25F;  // weight of what is together, which is not discounted by lag
constexpr double kMassOfPair = 5;
constexpr double kMassOfOther = 25;
constexpr double kNeighbourPull = 0.02;
constexpr double kClosePull = 1e-3;
constexpr double kAlikePull = 0.3;
constexpr double kStarsMax = 4;           // between the ends of the scale
constexpr std::size_t kIndexSize = 1024;  // four times a published row: short probes

double Known(double ratings) { return ratings / (ratings + kHalfKnown) - 0.5; }

float SquaredTaste(const Taste& taste) { return TasteProduct(taste, taste); }

struct PulledMean {
  double sum = 0;
  double weight = 0;
  void Add(double value, double counts) {
    sum += counts * value;
    weight += counts;
  }
  double Of(double pull) const { return sum / (weight + pull); }
};

}  // namespace

struct RatingFeatureReader::Past {
  std::array<PulledMean, kWithinMs.size()> within;
  PulledMean neighbours;
  PulledMean close;
  PulledMean alike;
  PulledMean last_five;
  PulledMean last_five_items;
  double related = 0;
  double squares = kSpreadVariance * kSpreadRatings;
};

RatingFeatureReader::RatingFeatureReader(const RatingOptions& options, HalfLife row_half_life)
    : options_(options), row_half_life_(row_half_life), index_(kIndexSize, 0) {}

void RatingFeatureReader::IndexRow(const ItemModel& item) {
  std::fill(index_.begin(), index_.end(), std::uint16_t{0});
  const std::size_t cells = std::min(item.row.size(), kIndexSize / 2);
  for (std::size_t place = 0; place < cells; ++place) {
    std::size_t slot = item.row[place].item.value % kIndexSize;
    while (index_[slot] != 0) slot = (slot + 1) % kIndexSize;
    index_[slot] = static_cast<std::uint16_t>(place + 1);
  }
  indexed_ = &item;
}

float RatingFeatureReader::Together(ItemKey other) const {
  for (std::size_t slot = other.value % kIndexSize; index_[slot] != 0; slot = (slot + 1) % kIndexSize) {
    const RowCell& cell = indexed_->row[index_[slot] - 1U];
    if (cell.item == other) return kTogether * std::max(cell.together, 0.0F);
  }
  return 0;
}

void RatingFeatureReader::AddNeighbour(const RatingQuestion& question, const RatedItem& rated,
                                       double residual, double fading, Past& past) const {
  const ItemModel& other = *rated.item;
  const auto together = static_cast<double>(Together(other.key));
  if (together <= 0) return;
  double other_mass = static_cast<double>(other.row_mass);
  if (other.row_landmark != question.item->row_landmark) {
    other_mass *= WeightAt(other.row_landmark, question.item->row_landmark, row_half_life_);
  }
  other_mass = std::max(other_mass, 0.0);
  const double own_mass = std::max(static_cast<double>(question.item->row_mass), 0.0);
  const double cosine = together / std::sqrt((own_mass + kMassOfPair) * (other_mass + kMassOfPair));
  past.neighbours.Add(residual, cosine * fading);
  past.related += cosine;
  const double share = together / (other_mass + kMassOfOther);
  past.close.Add(residual, share * share);
}

RatingFeatureReader::Past RatingFeatureReader::ReadPast(const RatingQuestion& question,
                                                        const ItemTaste& taste) const {
  Past past;
  const Taste& user = question.user->value();
  const double mean = question.user->mean();
  const double own_square = static_cast<double>(SquaredTaste(taste.mean)) + 1e-6;
  double last = 1;
  double fading = 1;
  for (const RatedItem& rated : question.rated) {
    const Taste& other = rated.item->taste.mean;
    const double given = static_cast<double>(rated.rating) - mean;
    const double residual = given - static_cast<double>(user[0]) - static_cast<double>(other[0]) -
                            static_cast<double>(TasteProduct(user, other));
    const std::int64_t ago = question.at.ms - rated.at.ms;
    for (std::size_t i = 0; i < kWithinMs.size(); ++i) {
      if (ago < kWithinMs[i]) past.within[i].Add(residual, 1);
    }
    past.last_five.Add(given, last);
    past.last_five_items.Add(static_cast<double>(other[0]), last);
    const double centred = given - static_cast<double>(user[0]);
    past.squares += centred * centred;
    const double likeness = static_cast<double>(TasteProduct(taste.mean, other)) /
                            std::sqrt(own_square * (static_cast<double>(SquaredTaste(other)) + 1e-6));
    if (likeness > 0) past.alike.Add(residual, likeness * likeness * likeness * fading);
    if (question.item != nullptr) AddNeighbour(question, rated, residual, fading, past);
    last *= kOneIn5;
    fading *= kOneIn50;
  }
  return past;
}

RatingRow RatingFeatureReader::Read(const RatingQuestion& question) {
  const bool known = question.item != nullptr && question.item->taste.known();
  const ItemTaste unknown{
      {}, static_cast<float>(options_.item_variance), static_cast<float>(options_.taste_variance)};
  const ItemTaste& taste = known ? question.item->taste : unknown;
  if (question.item != nullptr) IndexRow(*question.item);
  const Past past = ReadPast(question, taste);

  const Taste& user = question.user->value();
  const auto user_bias = static_cast<double>(user[0]);
  const auto item_bias = static_cast<double>(taste.mean[0]);
  const auto product = static_cast<double>(TasteProduct(user, taste.mean));
  const auto ratings = static_cast<double>(question.rated.size());
  const double known_user = Known(ratings);
  const double known_item = Known(known ? static_cast<double>(question.item->ratings) : 0);
  const double spread = std::sqrt(past.squares / (ratings + kSpreadRatings)) - kSpreadMiddle;
  const double whole = std::clamp(user_bias + item_bias + product, -kStarsMax, kStarsMax);
  RatingRow row;
  row.features = {user_bias,
                  item_bias,
                  product,
                  0.3,
                  past.within[0].Of(kPriorRatings),
                  past.within[1].Of(kPriorRatings),
                  past.within[2].Of(kPriorRatings),
                  past.within[3].Of(kPriorRatings),
                  past.neighbours.Of(kNeighbourPull),
                  past.close.Of(kClosePull),
                  past.alike.Of(kAlikePull),
                  8 * past.related / std::sqrt(ratings + 1),
                  past.last_five.Of(1),
                  past.last_five_items.Of(1),
                  0.5 * spread,
                  spread * item_bias,
                  known_user,
                  user_bias * known_user,
                  product * known_user,
                  product * known_item,
                  whole * whole - 0.25,
                  whole * whole * whole,
                  question.kalman,
                  question.kalman_taste};
  row.variance = question.user->Variance(taste.mean) + static_cast<double>(taste.bias_variance) +
                 static_cast<double>(taste.variance * SquaredTaste(user));
  return row;
}

}  // namespace freshet
