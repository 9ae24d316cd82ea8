#include "evaluate/interaction_table.h"

#include "import/fields.h"

namespace freshet {
namespace {

enum Column : std::size_t { kUser, kItem, kTime, kValue };

}  // namespace

InteractionTable::InteractionTable(const EventSourceOptions& options)
    : TableImporter({{{"user", "userId", "SessionId", "session"}},
                     {{"item", "itemId"}},
                     {{"time", "timestamp"}, /*required=*/!options.times_optional},
                     {{"value", "rating"}, /*required=*/false}}),
      ratings_(options.as == ReadAs::kRatings),
      rating_min_(options.rating_min),
      rating_max_(options.rating_max) {}

Result<Event> InteractionTable::EventOf(const Fields& fields, std::uint64_t /*line_number*/) const {
  FRESHET_TRY(std::string user_id, ParseId("user", *fields[kUser]));
  FRESHET_TRY(std::string item_id, ParseId("item", *fields[kItem]));
  std::optional<Timestamp> time;
  if (fields[kTime]) {
    FRESHET_TRY(time, ParseUnixTime("time", *fields[kTime]));
  }
  if (!ratings_ || !fields[kValue]) {
    Interaction click;
    click.user_id = std::move(user_id);
    click.item_id = std::move(item_id);
    click.type = InteractionType::kClick;
    click.occurred_at = time;
    return Event(std::move(click));
  }
  Rating rating;
  FRESHET_TRY(rating.rating,
              ParseRating("value", *fields[kValue], {rating_min_, rating_max_}, "set --scale"));
  rating.user_id = std::move(user_id);
  rating.item_id = std::move(item_id);
  rating.scale_min = rating_min_;
  rating.scale_max = rating_max_;
  rating.rated_at = time;
  return Event(std::move(rating));
}

}  // namespace freshet
