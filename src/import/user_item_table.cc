#include "import/user_item_table.h"

#include "base/format.h"
#include "import/fields.h"

namespace freshet {
namespace {

enum Column : std::size_t { kUser, kItem, kTime, kValue };

}  // namespace

UserItemTableImporter::UserItemTableImporter(const ImportOptions& options)
    : TableImporter({{{"user", "userId"}},
                     {{"item", "itemId"}},
                     {{"time", "timestamp"}},
                     {{"value", "rating"}, /*required=*/false}}),
      rating_min_(options.rating_min),
      rating_max_(options.rating_max) {}

Result<Event> UserItemTableImporter::EventOf(const Fields& fields, std::uint64_t line_number) const {
  FRESHET_TRY(std::string user_id, ParseId("user", *fields[kUser]));
  FRESHET_TRY(std::string item_id, ParseId("item", *fields[kItem]));
  FRESHET_TRY(const Timestamp time, ParseUnixTime("time", *fields[kTime]));
  std::string event_id = fmt::format("{}-{}", user_id, line_number);
  if (!fields[kValue]) {
    Interaction view;
    view.event_id = std::move(event_id);
    view.user_id = std::move(user_id);
    view.item_id = std::move(item_id);
    view.type = InteractionType::kView;
    view.occurred_at = time;
    return Event(std::move(view));
  }
  Rating rating;
  FRESHET_TRY(rating.rating, ParseRating("value", *fields[kValue], {rating_min_, rating_max_},
                                         "change the scale or the value"));
  rating.scale_min = rating_min_;
  rating.scale_max = rating_max_;
  rating.event_id = std::move(event_id);
  rating.user_id = std::move(user_id);
  rating.item_id = std::move(item_id);
  rating.rated_at = time;
  return Event(std::move(rating));
}

}  // namespace freshet
