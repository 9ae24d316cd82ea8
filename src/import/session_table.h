#pragma once

#include <optional>

#include "import/importer.h"

namespace freshet {

/// Tab-separated clicks under a header with SessionId, ItemId and Time (unix seconds or milliseconds), in any
/// order and beside other columns. Each line becomes a `click` of the anonymous user that is its session; the
/// event_id is
/// "<session>-<line>".
class SessionTableImporter final : public Importer {
 public:
  explicit SessionTableImporter(const ImportOptions& options);
  Result<ImportedRow> Accept(const ImportLine& line) override;

 private:
  struct Columns {
    std::size_t session = 0;
    std::size_t item = 0;
    std::size_t time = 0;
    std::size_t count = 0;
  };
  Result<void> ReadHeader(std::string_view line);
  std::optional<Columns> columns_;
};

}  // namespace freshet
