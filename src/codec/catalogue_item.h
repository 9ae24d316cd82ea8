#pragma once

#include <string>

#include "freshet/event.h"

namespace freshet {

class FieldReader;

/// Reads schemas/catalogue-item.schema.json into a CatalogueItem held by `to`; false: the reader has the
/// fault.
bool DecodeCatalogueItem(FieldReader& reader, Event& to);

/// JSON that decodes to an equal CatalogueItem.
std::string EncodeEvent(const CatalogueItem& event);

}  // namespace freshet
