#pragma once

#include <cstddef>
#include <string_view>

namespace freshet {

/// True when the bytes are well-formed UTF-8.
bool IsUtf8(std::string_view bytes);

/// Length in bytes of the well-formed UTF-8 sequence that `bytes` starts with; 0 when it starts with none.
std::size_t Utf8SequenceBytes(std::string_view bytes);

/// The longest prefix of at most `bytes_max` bytes that cuts no UTF-8 sequence apart.
std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max);

/// Number of code points of well-formed UTF-8.
std::size_t Utf8CodePoints(std::string_view text);

}  // namespace freshet
