#pragma once

#include <span>

#include "base/bytes.h"
#include "freshet/model.h"
#include "models/text_encoder.h"

namespace freshet {

/// A content vector as it is stored and published.
ContentCode EncodeContent(const ContentVector& vector);
ContentVector DecodeContent(const ContentCode& code);

void WriteContent(const ContentCode& code, ByteWriter& to);
/// What WriteContent wrote; the caller checks the scale, which is a number of any kind where bytes are
/// damaged.
ContentCode ReadContent(ByteReader& from);

/// Product of a vector with a stored one, in one order of operations.
float ContentProduct(std::span<const float, kContentDimensions> query, const ContentCode& code);

}  // namespace freshet
