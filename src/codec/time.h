#pragma once

#include <string>
#include <string_view>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// The range of event times that the contract accepts, both ends included: the years 1970 to 2200 in UTC.
inline constexpr Timestamp kTimeMin{0};
inline constexpr Timestamp kTimeMax{7'289'654'399'999};

/// Reads an RFC 3339 date-time with its offset, for example 2026-03-02T09:14:07.250+01:00. Digits beyond the
/// millisecond are cut. The leap second 23:59:60 UTC is read as the second after it. kInvalidArgument names
/// the text and what is wrong with it; kOutOfRange: well formed but outside kTimeMin..kTimeMax.
Result<Timestamp> ParseRfc3339(std::string_view text);

/// Reads RFC 3339 or, where the text is digits only, milliseconds since 1970. Errors as ParseRfc3339.
Result<Timestamp> ParseTime(std::string_view text);

/// Appends UTC with milliseconds: 2026-03-02T09:14:07.250Z. Times outside the years 0 to 9999 are written as
/// the nearest one inside.
void AppendRfc3339(std::string& to, Timestamp time);
std::string TimestampToRfc3339(Timestamp time);

}  // namespace freshet
