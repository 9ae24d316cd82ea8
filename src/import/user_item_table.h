#pragma once

#include "import/table_importer.h"

namespace freshet {

/// Tab-separated interactions under the header `user item time [value]` (unix seconds or milliseconds). With
/// a value a line becomes a rating on the scale of ImportOptions, without one a `view`. event_id:
/// "<user>-<line>".
class UserItemTableImporter final : public TableImporter {
 public:
  explicit UserItemTableImporter(const ImportOptions& options);

 private:
  Result<Event> EventOf(const Fields& fields, std::uint64_t line_number) const override;

  double rating_min_;
  double rating_max_;
};

}  // namespace freshet
