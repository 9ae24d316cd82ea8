#pragma once

#include <string>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// Reads schemas/rating.schema.json into a Rating held by `to`; false: the reader has the fault.
bool DecodeRating(FieldReader& reader, Event& to);

/// JSON that decodes to an equal Rating.
std::string EncodeEvent(const Rating& event);

}  // namespace freshet
