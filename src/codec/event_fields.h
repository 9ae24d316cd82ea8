#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "freshet/event.h"

namespace freshet {

/// The key that a record of this event must have: user_id, or item_id in the catalogue. Borrowed from
/// `event`.
std::string_view EventKey(const Event& event);

/// When it happened: occurred_at, rated_at or updated_at. Absent: the record's own time counts.
std::optional<Timestamp> EventTime(const Event& event);

/// The refusal of an event whose time lies further after its record's than is let through.
Rejection FromFuture(Timestamp event, Timestamp record);

/// The field that holds the event's id or time; null where the event type has none. Borrowed from `event`.
std::string* EventIdField(Event& event);
std::optional<Timestamp>* EventTimeField(Event& event);

/// The record's value for this event: JSON that decodes to an equal event, absent for a Tombstone.
std::optional<std::string> EncodeEventValue(const Event& event);

}  // namespace freshet
