#pragma once

#include <span>
#include <string_view>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// What a record without a value means on the topic of an event type.
enum class NullValue {
  kTombstone,  ///< the thing named by the key is gone
  kRejected,  ///< nothing: its records are things that happened, kept by the log for a time, not state by key
};

/// One kind of input event. The role is the name that configuration gives a topic.
struct EventType {
  std::string_view role;
  std::string_view schema;  ///< file in schemas/
  NullValue null_value;
  /// Reads the object at hand into `to`; false: the reader has the fault.
  bool (*decode)(FieldReader& reader, Event& to);
};

/// All event types. A new one is its file pair, its schema and one line in registry.cc (and, where its struct
/// is new, an alternative of Event).
std::span<const EventType> EventTypes();

/// Null when no event type has this role.
const EventType* FindEventType(std::string_view role);

}  // namespace freshet
