#include "evaluate/event_lines.h"

#include <string>
#include <utility>

#include "base/format.h"
#include "codec/event_role.h"
#include "import/fields.h"

namespace freshet {

Result<ImportedRow> EventLines::Accept(const ImportLine& line) {
  ImportedRow row;
  if (Trimmed(line.text).empty()) {
    row.skipped = "empty_line";
    return row;
  }
  Record record;
  record.value = std::string(line.text);
  DecodeResult event = decoder_.Decode(GuessEventRole(line.text), record);
  if (!event) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}{}{} ({})", event.error().path, event.error().path.empty() ? "" : ": ",
                                 event.error().message, event.error().fix_hint));
  }
  row.events.push_back(std::move(*event));
  return row;
}

}  // namespace freshet
