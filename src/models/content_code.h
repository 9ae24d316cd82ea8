#pragma once

#include <span>

#include "freshet/model.h"
#include "models/text_encoder.h"

namespace freshet {

/// A content vector as it is stored and published.
ContentCode EncodeContent(const ContentVector& vector);
ContentVector DecodeContent(const ContentCode& code);

/// Product of a vector with a stored one, in one order of operations.
float ContentProduct(std::span<const float, kContentDimensions> query, const ContentCode& code);

}  // namespace freshet
