#include "import/fields.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/format.h"
#include "base/utf8.h"

namespace freshet {
namespace {

constexpr std::size_t kIdBytesMax = 256;
/// Seconds stay below this until the year 5138; milliseconds are above it since 1973.
constexpr double kSmallestMilliseconds = 1e11;
constexpr double kLargestMilliseconds = 9e15;

Error BadField(std::string_view name, std::string_view text, std::string_view expected) {
  constexpr std::size_t kShownBytes = 80;
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{} is '{}', expected {}", name, text.substr(0, kShownBytes), expected));
}

/// Digits of a fixed width at `from`, or nothing.
std::optional<unsigned> Digits(std::string_view text, std::size_t from, std::size_t width) {
  if (from + width > text.size()) return std::nullopt;
  unsigned value = 0;
  for (const char digit : text.substr(from, width)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  return value;
}

bool HasCalendarShape(std::string_view text) {
  const bool sized = text.size() == 16 || (text.size() == 19 && text[16] == ':');
  return sized && text[4] == '-' && text[7] == '-' && (text[10] == ' ' || text[10] == 'T') && text[13] == ':';
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> SplitFields(std::string_view line, std::string_view separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = line.find(separator);
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + separator.size());
  }
}

Result<std::vector<std::string>> SplitCsv(std::string_view record) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char byte = record[i];
    if (quoted && byte == '"' && i + 1 < record.size() && record[i + 1] == '"') {
      fields.back().push_back('"');
      ++i;
    } else if (byte == '"') {
      quoted = !quoted;
    } else if (byte == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(byte);
    }
  }
  if (quoted) return MakeError(ErrorCode::kOutOfRange, "a quote is not closed");
  return fields;
}

Result<double> ParseNumber(std::string_view name, std::string_view text) {
  const std::string_view digits = Trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || !std::isfinite(value)) return BadField(name, text, "a number");
  return value;
}

Result<double> ParseRating(std::string_view name, std::string_view text, std::pair<double, double> scale,
                           std::string_view fix) {
  FRESHET_TRY(const double rating, ParseNumber(name, text));
  if (rating >= scale.first && rating <= scale.second) return rating;
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} is {}, outside the rating scale {} to {}: {}",
                                                            name, rating, scale.first, scale.second, fix));
}

Result<std::int64_t> ParseWholeNumber(std::string_view name, std::string_view text) {
  const std::string_view digits = Trimmed(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size())
    return BadField(name, text, "a whole number");
  return value;
}

Result<Timestamp> ParseUnixTime(std::string_view name, std::string_view text) {
  FRESHET_TRY(const double value, ParseNumber(name, text));
  const double ms = value < kSmallestMilliseconds ? value * 1000 : value;
  if (ms < 0 || ms > kLargestMilliseconds) return BadField(name, text, "unix seconds or milliseconds");
  return Timestamp{std::llround(ms)};
}

Result<Timestamp> ParseCalendarTime(std::string_view name, std::string_view text) {
  constexpr std::string_view kExpected = "a time such as 2009-12-01 07:45:00";
  const std::string_view time = Trimmed(text);
  if (!HasCalendarShape(time)) return BadField(name, text, kExpected);
  const auto year = Digits(time, 0, 4), month = Digits(time, 5, 2), day = Digits(time, 8, 2);
  const auto hour = Digits(time, 11, 2), minute = Digits(time, 14, 2);
  const auto second = time.size() == 19 ? Digits(time, 17, 2) : std::optional<unsigned>(0);
  if (!year || !month || !day || !hour || !minute || !second) return BadField(name, text, kExpected);
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return BadField(name, text, kExpected);
  const auto since_epoch = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                           std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  return Timestamp{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Result<std::string> ParseId(std::string_view name, std::string_view text) {
  const std::string_view id = Trimmed(text);
  if (id.empty() || id.size() > kIdBytesMax) return BadField(name, text, "an id of 1 to 256 bytes");
  return ToUtf8(id);
}

std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  std::string converted;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      converted.push_back(byte);
    } else {
      converted.push_back(static_cast<char>(0xc0 | (code >> 6)));
      converted.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    }
  }
  return converted;
}

}  // namespace freshet
