#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// Reads schemas/interaction.schema.json into an Interaction held by `to`; false: the reader has the fault.
bool DecodeInteraction(FieldReader& reader, Event& to);

/// JSON that decodes to an equal Interaction.
std::string EncodeEvent(const Interaction& event);

/// The contract's name of a type; "custom" for kCustom, whose name is in Interaction::custom_type.
std::string_view InteractionTypeName(InteractionType type);
/// Absent for a name that the contract does not have.
std::optional<InteractionType> FindInteractionType(std::string_view name);

}  // namespace freshet
