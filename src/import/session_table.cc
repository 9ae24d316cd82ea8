#include "import/session_table.h"

#include "base/format.h"
#include "import/column_names.h"
#include "import/fields.h"

namespace freshet {

SessionTableImporter::SessionTableImporter(const ImportOptions&) {}

Result<void> SessionTableImporter::ReadHeader(std::string_view line) {
  const auto header = SplitFields(line, "\t");
  Columns columns;
  FRESHET_TRY(columns.session, RequireColumn(header, {"SessionId", "session"}));
  FRESHET_TRY(columns.item, RequireColumn(header, {"ItemId", "item"}));
  FRESHET_TRY(columns.time, RequireColumn(header, {"Time", "timestamp"}));
  columns.count = header.size();
  columns_ = columns;
  return {};
}

Result<ImportedRow> SessionTableImporter::Accept(const ImportLine& line) {
  if (Trimmed(line.text).empty()) return ImportedRow{.events = {}, .skipped = "empty_line"};
  if (!columns_) {
    FRESHET_CHECK(ReadHeader(line.text));
    return ImportedRow{};
  }
  const auto fields = SplitFields(line.text, "\t");
  if (fields.size() != columns_->count) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} fields, the header has {}", fields.size(), columns_->count));
  }
  Interaction click;
  FRESHET_TRY(click.session_id, ParseId("SessionId", fields[columns_->session]));
  FRESHET_TRY(click.item_id, ParseId("ItemId", fields[columns_->item]));
  FRESHET_TRY(click.occurred_at, ParseUnixTime("Time", fields[columns_->time]));
  click.type = InteractionType::kClick;
  click.anonymous_id = click.session_id;
  click.user_id = click.session_id;
  click.event_id = fmt::format("{}-{}", click.session_id, line.number);
  ImportedRow row;
  row.events.emplace_back(std::move(click));
  return row;
}

}  // namespace freshet
