#include "codec/event_fields.h"

#include <type_traits>

#include "base/format.h"
#include "codec/catalogue_item.h"
#include "codec/feedback.h"
#include "codec/interaction.h"
#include "codec/profile.h"
#include "codec/rating.h"

namespace freshet {

std::string_view EventKey(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::string_view {
        if constexpr (requires { e.user_id; }) {
          return e.user_id;
        } else if constexpr (requires { e.item_id; }) {
          return e.item_id;
        } else {
          return e.key;
        }
      },
      event);
}

std::string* EventIdField(Event& event) {
  return std::visit(
      [](auto& e) -> std::string* {
        if constexpr (requires { e.event_id; }) return &e.event_id;
        return nullptr;
      },
      event);
}

std::optional<Timestamp>* EventTimeField(Event& event) {
  return std::visit(
      [](auto& e) -> std::optional<Timestamp>* {
        if constexpr (requires { e.occurred_at; }) {
          return &e.occurred_at;
        } else if constexpr (requires { e.rated_at; }) {
          return &e.rated_at;
        } else if constexpr (requires { e.updated_at; }) {
          return &e.updated_at;
        }
        return nullptr;
      },
      event);
}

std::optional<Timestamp> EventTime(const Event& event) {
  const std::optional<Timestamp>* time = EventTimeField(const_cast<Event&>(event));
  return time == nullptr ? std::nullopt : *time;
}

Rejection FromFuture(Timestamp event, Timestamp record) {
  return {"bad_time", "/occurred_at",
          fmt::format("the event's time {} ms lies {} ms after its record's", event.ms, event.ms - record.ms),
          "check the sender's clock and the unit: epoch milliseconds or RFC 3339", "bare"};
}

std::optional<std::string> EncodeEventValue(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<std::string> {
        if constexpr (std::is_same_v<std::decay_t<decltype(e)>, Tombstone>) {
          return std::nullopt;
        } else {
          return EncodeEvent(e);
        }
      },
      event);
}

}  // namespace freshet
