#pragma once

#include <optional>

#include "import/importer.h"

namespace freshet {

/// A file of a MovieLens set; its first line tells which: ratings as u.data (tabs), ratings.dat ("::") or
/// ratings.csv, movies as u.item ("|"), movies.dat or movies.csv. Ratings become ratings of "movie:<id>" by
/// the user's number, with the event_id "<user>-<movie>-<time>"; movies become catalogue items with their
/// genres.
class MovieLensImporter final : public Importer {
 public:
  explicit MovieLensImporter(const ImportOptions& options);
  Result<ImportedRow> Accept(const ImportLine& line) override;

 private:
  enum class Shape { kTabs, kBars, kColons, kCommas };
  static Result<Shape> ShapeOf(std::string_view first_line);
  Result<std::vector<std::string>> Split(std::string_view line) const;

  std::optional<Shape> shape_;
  double scale_min_ = 1;
};

}  // namespace freshet
