#include "import/user_item_table.h"

#include "base/format.h"
#include "import/column_names.h"
#include "import/fields.h"

namespace freshet {
namespace {

Event MakeView(std::string event_id, std::string user_id, std::string item_id, Timestamp time) {
  Interaction view;
  view.event_id = std::move(event_id);
  view.user_id = std::move(user_id);
  view.item_id = std::move(item_id);
  view.type = InteractionType::kView;
  view.occurred_at = time;
  return view;
}

}  // namespace

UserItemTableImporter::UserItemTableImporter(const ImportOptions& options)
    : rating_min_(options.rating_min), rating_max_(options.rating_max) {}

Result<void> UserItemTableImporter::ReadHeader(std::string_view line) {
  const auto header = SplitFields(line, "\t");
  Columns columns;
  FRESHET_TRY(columns.user, RequireColumn(header, {"user", "userId"}));
  FRESHET_TRY(columns.item, RequireColumn(header, {"item", "itemId"}));
  FRESHET_TRY(columns.time, RequireColumn(header, {"time", "timestamp"}));
  columns.value = FindColumn(header, {"value", "rating"});
  columns.count = header.size();
  columns_ = columns;
  return {};
}

Result<ImportedRow> UserItemTableImporter::Accept(const ImportLine& line) {
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
  Row read;
  FRESHET_TRY(read.user_id, ParseId("user", fields[columns_->user]));
  FRESHET_TRY(read.item_id, ParseId("item", fields[columns_->item]));
  FRESHET_TRY(read.time, ParseUnixTime("time", fields[columns_->time]));
  read.event_id = fmt::format("{}-{}", read.user_id, line.number);
  ImportedRow row;
  if (columns_->value) {
    FRESHET_TRY(Event rating, MakeRating(std::move(read), fields[*columns_->value]));
    row.events.push_back(std::move(rating));
  } else {
    row.events.push_back(
        MakeView(std::move(read.event_id), std::move(read.user_id), std::move(read.item_id), read.time));
  }
  return row;
}

Result<Event> UserItemTableImporter::MakeRating(Row row, std::string_view value) const {
  Rating rating;
  FRESHET_TRY(rating.rating, ParseNumber("value", value));
  if (*rating.rating < rating_min_ || *rating.rating > rating_max_) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("value is {}, outside the rating scale {} to {}: change the scale or the value",
                    *rating.rating, rating_min_, rating_max_));
  }
  rating.scale_min = rating_min_;
  rating.scale_max = rating_max_;
  rating.event_id = std::move(row.event_id);
  rating.user_id = std::move(row.user_id);
  rating.item_id = std::move(row.item_id);
  rating.rated_at = row.time;
  return Event(std::move(rating));
}

}  // namespace freshet
