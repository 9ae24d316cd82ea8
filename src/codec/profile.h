#pragma once

#include <string>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// Reads schemas/profile.schema.json into a Profile held by `to`; false: the reader has the fault.
bool DecodeProfile(FieldReader& reader, Event& to);

/// JSON that decodes to an equal Profile.
std::string EncodeEvent(const Profile& event);

}  // namespace freshet
