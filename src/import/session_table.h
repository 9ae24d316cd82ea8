#pragma once

#include "import/table_importer.h"

namespace freshet {

/// Tab-separated clicks under a header with SessionId, ItemId and Time (unix seconds or milliseconds). Each
/// line becomes a `click` of the anonymous user that is its session; the event_id is "<session>-<line>".
class SessionTableImporter final : public TableImporter {
 public:
  explicit SessionTableImporter(const ImportOptions& options);

 private:
  Result<Event> EventOf(const Fields& fields, std::uint64_t line_number) const override;
};

}  // namespace freshet
