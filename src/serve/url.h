#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// Undoes %XX, and '+' for a space where `plus_is_space`. Absent: a broken %, or a NUL byte.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space);

/// Encodes everything but letters, digits and -._~ (RFC 3986, unreserved).
std::string PercentEncode(std::string_view text);

struct Target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

/// Splits "/v1/users/u%2F1?k=5" into decoded segments and query. Absent: not starting with '/', or broken
/// escapes. A slash at the end makes no segment.
std::optional<Target> ParseTarget(std::string_view target);

}  // namespace freshet
