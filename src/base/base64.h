#pragma once

#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet {

/// RFC 4648 section 4: the standard alphabet with padding.
std::string EncodeBase64(std::string_view bytes);

/// Strict: kInvalidArgument for a foreign character, wrong padding or bits left over.
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace freshet
