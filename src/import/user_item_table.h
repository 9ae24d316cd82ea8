#pragma once

#include <optional>

#include "import/importer.h"

namespace freshet {

/// Tab-separated interactions under the header `user item time [value]` (unix seconds or milliseconds). With
/// a value a line becomes a rating on the scale of ImportOptions, without one a `view`. event_id:
/// "<user>-<line>".
class UserItemTableImporter final : public Importer {
 public:
  explicit UserItemTableImporter(const ImportOptions& options);
  Result<ImportedRow> Accept(const ImportLine& line) override;

 private:
  struct Columns {
    std::size_t user = 0;
    std::size_t item = 0;
    std::size_t time = 0;
    std::optional<std::size_t> value;
    std::size_t count = 0;
  };
  struct Row {
    std::string user_id;
    std::string item_id;
    Timestamp time;
    std::string event_id;
  };
  Result<void> ReadHeader(std::string_view line);
  Result<Event> MakeRating(Row row, std::string_view value) const;

  double rating_min_;
  double rating_max_;
  std::optional<Columns> columns_;
};

}  // namespace freshet
