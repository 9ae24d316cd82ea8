#pragma once

#include <string>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// Reads schemas/feedback.schema.json into a Feedback held by `to`; false: the reader has the fault. An
/// impression's items without a position get their place in the list.
bool DecodeFeedback(FieldReader& reader, Event& to);

/// JSON that decodes to an equal Feedback.
std::string EncodeEvent(const Feedback& event);

}  // namespace freshet
