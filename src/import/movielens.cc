#include "import/movielens.h"

#include <array>

#include "base/format.h"
#include "import/fields.h"

namespace freshet {
namespace {

constexpr double kScaleMax = 5;
constexpr std::size_t kBarFields = 24;
constexpr std::size_t kFirstGenreFlag = 5;
/// Order of the flags in u.item (u.genre).
constexpr std::array<std::string_view, 19> kGenres = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};

Error WrongFieldCount(std::size_t count, std::string_view expected) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} fields, expected {}", count, expected));
}

Result<CatalogueItem> MakeMovie(std::string_view id, std::string_view title) {
  CatalogueItem movie;
  FRESHET_TRY(const std::string number, ParseId("movie id", id));
  movie.item_id = "movie:" + number;
  movie.item_type = "movie";
  movie.title = ToUtf8(Trimmed(title));
  return movie;
}

Result<Event> MovieWithFlags(const std::vector<std::string>& fields) {
  if (fields.size() != kBarFields) return WrongFieldCount(fields.size(), "the 24 of u.item");
  FRESHET_TRY(CatalogueItem movie, MakeMovie(fields[0], fields[1]));
  for (std::size_t i = 0; i < kGenres.size(); ++i) {
    if (fields[kFirstGenreFlag + i] == "1") movie.categories.emplace_back(kGenres[i]);
  }
  return Event(std::move(movie));
}

Result<Event> MovieWithGenres(const std::vector<std::string>& fields) {
  FRESHET_TRY(CatalogueItem movie, MakeMovie(fields[0], fields[1]));
  for (const std::string_view genre : SplitFields(fields[2], "|")) {
    if (!genre.empty() && genre != "(no genres listed)") movie.categories.emplace_back(genre);
  }
  return Event(std::move(movie));
}

/// `fields`: user, movie, rating and, where there is one, the time.
Result<Event> RatingFrom(const std::vector<std::string>& fields, double scale_min) {
  Rating rating;
  FRESHET_TRY(rating.user_id, ParseId("user id", fields[0]));
  FRESHET_TRY(const std::string movie, ParseId("movie id", fields[1]));
  FRESHET_TRY(rating.rating, ParseNumber("rating", fields[2]));
  if (*rating.rating < scale_min || *rating.rating > kScaleMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("rating is {}, expected {} to {}", *rating.rating, scale_min, kScaleMax));
  }
  rating.item_id = "movie:" + movie;
  rating.scale_min = scale_min;
  rating.scale_max = kScaleMax;
  rating.event_id = fmt::format("{}-{}", rating.user_id, movie);
  if (fields.size() == 4) {
    FRESHET_TRY(rating.rated_at, ParseUnixTime("timestamp", fields[3]));
    rating.event_id += fmt::format("-{}", rating.rated_at->ms / 1000);
  }
  return Event(std::move(rating));
}

bool IsHeader(const std::vector<std::string>& fields) {
  return fields[0] == "userId" || fields[0] == "movieId";
}

/// A third column with a number is a rating; genres never are one.
bool IsMovie(const std::vector<std::string>& fields) {
  return fields.size() == 3 && !ParseNumber("rating", fields[2]).ok();
}

}  // namespace

MovieLensImporter::MovieLensImporter(const ImportOptions&) {}

Result<MovieLensImporter::Shape> MovieLensImporter::ShapeOf(std::string_view first_line) {
  if (first_line.find("::") != std::string_view::npos) return Shape::kColons;
  if (first_line.find('\t') != std::string_view::npos) return Shape::kTabs;
  if (SplitFields(first_line, "|").size() == kBarFields) return Shape::kBars;
  if (first_line.find(',') != std::string_view::npos) return Shape::kCommas;
  return MakeError(ErrorCode::kInvalidArgument,
                   "the first line is of no MovieLens file: it has neither tabs nor '::', '|' or commas");
}

Result<std::vector<std::string>> MovieLensImporter::Split(std::string_view line) const {
  if (*shape_ == Shape::kCommas) return SplitCsv(line);
  const std::string_view separator = *shape_ == Shape::kTabs ? "\t" : *shape_ == Shape::kBars ? "|" : "::";
  std::vector<std::string> fields;
  for (const std::string_view field : SplitFields(line, separator)) fields.emplace_back(field);
  return fields;
}

Result<ImportedRow> MovieLensImporter::Accept(const ImportLine& line) {
  ImportedRow row;
  if (Trimmed(line.text).empty()) {
    row.skipped = "empty_line";
    return row;
  }
  if (!shape_) {
    FRESHET_TRY(shape_, ShapeOf(line.text));
  }
  FRESHET_TRY(const std::vector<std::string> fields, Split(line.text));
  if (*shape_ == Shape::kCommas && IsHeader(fields)) {
    scale_min_ = 0.5;  // the sets that come as CSV with a header have half stars
    return row;
  }
  if (*shape_ == Shape::kBars) {
    FRESHET_TRY(Event movie, MovieWithFlags(fields));
    row.events.push_back(std::move(movie));
    return row;
  }
  if (fields.size() != 3 && fields.size() != 4) {
    return WrongFieldCount(fields.size(), "user, movie, rating, time or movie, title, genres");
  }
  FRESHET_TRY(Event event, IsMovie(fields) ? MovieWithGenres(fields) : RatingFrom(fields, scale_min_));
  row.events.push_back(std::move(event));
  return row;
}

}  // namespace freshet
