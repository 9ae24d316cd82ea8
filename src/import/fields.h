#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/ids.h"
#include "freshet/result.h"

namespace freshet {

/// `text` without the blanks at its ends.
std::string_view Trimmed(std::string_view text);

/// The parts of `line` between separators (one or more bytes). Always at least one part.
std::vector<std::string_view> SplitFields(std::string_view line, std::string_view separator);

/// One record of CSV as RFC 4180 has it: quoted fields may hold commas, doubled quotes and line breaks.
/// kOutOfRange: a quote is still open at the end, so the record goes on in the next line.
Result<std::vector<std::string>> SplitCsv(std::string_view record);

/// `name` stands in the error, which also shows the value.
Result<double> ParseNumber(std::string_view name, std::string_view text);
/// A number from low to high, the ends of a rating scale; `fix` tells what to do about one outside.
Result<double> ParseRating(std::string_view name, std::string_view text, std::pair<double, double> scale,
                           std::string_view fix);
Result<std::int64_t> ParseWholeNumber(std::string_view name, std::string_view text);

/// Unix seconds (fractions allowed) or, from 10^11 on, unix milliseconds.
Result<Timestamp> ParseUnixTime(std::string_view name, std::string_view text);

/// "2009-12-01 07:45:00" (seconds may be missing), read as UTC.
Result<Timestamp> ParseCalendarTime(std::string_view name, std::string_view text);

/// 1 to 256 bytes, as the contract wants ids.
Result<std::string> ParseId(std::string_view name, std::string_view text);

/// Valid UTF-8 stays as it is; anything else is read as ISO-8859-1.
std::string ToUtf8(std::string_view text);

}  // namespace freshet
