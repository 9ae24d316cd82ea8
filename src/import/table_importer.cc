#include "import/table_importer.h"

#include "base/format.h"
#include "import/column_names.h"
#include "import/fields.h"

namespace freshet {

Result<void> TableImporter::ReadHeader(std::string_view line) {
  const auto header = SplitFields(line, "\t");
  std::vector<std::optional<std::size_t>> places;
  for (const TableColumn& column : columns_) {
    std::optional<std::size_t> place = FindColumn(header, column.names);
    if (column.required) {
      FRESHET_TRY(place, RequireColumn(header, column.names));
    }
    places.push_back(place);
  }
  places_ = std::move(places);
  width_ = header.size();
  return {};
}

Result<ImportedRow> TableImporter::Accept(const ImportLine& line) {
  if (Trimmed(line.text).empty()) return ImportedRow{.events = {}, .skipped = "empty_line"};
  if (places_.empty()) {
    FRESHET_CHECK(ReadHeader(line.text));
    return ImportedRow{};
  }
  const auto cells = SplitFields(line.text, "\t");
  if (cells.size() != width_) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} fields, the header has {}", cells.size(), width_));
  }
  Fields fields;
  for (const auto& place : places_) fields.push_back(place ? std::optional(cells[*place]) : std::nullopt);
  ImportedRow row;
  FRESHET_TRY(Event event, EventOf(fields, line.number));
  row.events.push_back(std::move(event));
  return row;
}

}  // namespace freshet
