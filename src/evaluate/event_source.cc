#include "evaluate/event_source.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/format.h"
#include "codec/event_fields.h"
#include "evaluate/event_lines.h"
#include "evaluate/interaction_table.h"

namespace freshet {
namespace {

Event AsClick(const Rating& rating) {
  Interaction click;
  click.event_id = rating.event_id;
  click.user_id = rating.user_id;
  click.item_id = rating.item_id;
  click.type = InteractionType::kClick;
  click.occurred_at = rating.rated_at;
  return Event(std::move(click));
}

std::string ItemOf(const Event& event) {
  return std::visit(
      [](const auto& each) -> std::string {
        if constexpr (requires { each.item_id; }) {
          return each.item_id;
        } else {
          return "";
        }
      },
      event);
}

}  // namespace

EvaluationEvent MakeClick(std::string user_id, std::string item_id, Timestamp at) {
  Interaction click;
  click.user_id = user_id;
  click.item_id = item_id;
  click.type = InteractionType::kClick;
  click.occurred_at = at;
  return {Event(std::move(click)), std::move(user_id), std::move(item_id), at, 0};
}

Result<EventSource> EventSource::Open(const EventSourceOptions& options) {
  std::unique_ptr<Importer> importer = std::make_unique<InteractionTable>(options);
  if (options.format == EventSourceOptions::kLines) {
    importer = std::make_unique<EventLines>();
  } else if (options.format != EventSourceOptions::kTable) {
    FRESHET_TRY(importer, MakeImporter(options.format, {}));
  }
  FRESHET_TRY(LineReader reader, LineReader::Open(options.path));
  return EventSource(options, std::move(reader), std::move(importer));
}

Result<std::optional<EvaluationEvent>> EventSource::Next() {
  while (ready_.empty()) {
    FRESHET_TRY(const bool more, ReadRow());
    if (!more) return std::optional<EvaluationEvent>();
  }
  std::optional<EvaluationEvent> next(std::move(ready_.front()));
  ready_.pop_front();
  return next;
}

Result<bool> EventSource::ReadRow() {
  FRESHET_TRY(const auto line, reader_.Next());
  if (!line) {
    if (const auto finished = importer_->Finish(); !finished) return At(finished.error());
    return false;
  }
  auto row = importer_->Accept({*line, reader_.LineNumber()});
  if (!row.ok()) return At(row.error());
  for (Event& event : row->events) FRESHET_CHECK(Take(std::move(event)));
  return true;
}

Result<void> EventSource::Take(Event event) {
  const Rating* rating = std::get_if<Rating>(&event);
  if (options_.as == ReadAs::kClicks && rating != nullptr && rating->rating) event = AsClick(*rating);
  EvaluationEvent read;
  read.line = reader_.LineNumber();
  read.item_id = ItemOf(event);
  read.at = latest_;
  if (std::holds_alternative<Profile>(event)) {
    read.user_id = std::string(EventKey(event));
  } else if (!std::holds_alternative<CatalogueItem>(event)) {
    read.user_id = std::string(EventKey(event));
    FRESHET_TRY(latest_, TimeOf(event));
    read.at = latest_;
  }
  read.event = std::move(event);
  ready_.push_back(std::move(read));
  return {};
}

Result<Timestamp> EventSource::TimeOf(Event& event) {
  std::optional<Timestamp>& time = *EventTimeField(event);
  if (!time && options_.times_optional && !timed_) {
    time = latest_.ms == 0 ? kFirstSyntheticTime : Timestamp{latest_.ms + 1000};
    return *time;
  }
  if (!time) return At(MakeError(ErrorCode::kInvalidArgument, "the event has no time"));
  timed_ = true;
  if (options_.any_order || *time >= latest_) return *time;
  return At(MakeError(ErrorCode::kInvalidArgument,
                      "the event is older than the one before it: sort the lines by time and keep the "
                      "order of equal times, as `sort -s -k3,3n` does"));
}

Error EventSource::At(const Error& error) const {
  return error.Within(fmt::format("{}: line {}", reader_.path(), reader_.LineNumber()));
}

Result<Timestamp> TimeQuantile(const EventSourceOptions& options, double quantile) {
  if (options.path == "-") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a quantile needs the input twice: give a file instead of standard input");
  }
  std::uint64_t events = 0;
  FRESHET_TRY(EventSource counted, EventSource::Open(options));
  while (true) {
    FRESHET_TRY(const auto event, counted.Next());
    if (!event) break;
    ++events;
  }
  if (events == 0) return Timestamp{};
  auto left = static_cast<std::uint64_t>(quantile * static_cast<double>(events - 1));
  FRESHET_TRY(EventSource source, EventSource::Open(options));
  while (true) {
    FRESHET_TRY(const auto event, source.Next());
    if (!event || left-- == 0) return event ? event->at : Timestamp{};
  }
}

}  // namespace freshet
