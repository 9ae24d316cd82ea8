#include "import/session_table.h"

#include "base/format.h"
#include "import/fields.h"

namespace freshet {
namespace {

enum Column : std::size_t { kSession, kItem, kTime };

}  // namespace

SessionTableImporter::SessionTableImporter(const ImportOptions&)
    : TableImporter({{{"SessionId", "session"}}, {{"ItemId", "item"}}, {{"Time", "timestamp"}}}) {}

Result<Event> SessionTableImporter::EventOf(const Fields& fields, std::uint64_t line_number) const {
  Interaction click;
  FRESHET_TRY(click.session_id, ParseId("SessionId", *fields[kSession]));
  FRESHET_TRY(click.item_id, ParseId("ItemId", *fields[kItem]));
  FRESHET_TRY(click.occurred_at, ParseUnixTime("Time", *fields[kTime]));
  click.type = InteractionType::kClick;
  click.anonymous_id = click.session_id;
  click.user_id = click.session_id;
  click.event_id = fmt::format("{}-{}", click.session_id, line_number);
  return Event(std::move(click));
}

}  // namespace freshet
