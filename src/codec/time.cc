#include "codec/time.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/format.h"
#include "base/utf8.h"

namespace freshet {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFirstFormattableMs = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLastFormattableMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
constexpr std::size_t kShownBytesMax = 64;

/// Takes pieces off the front of a text; after the first mismatch ok() stays false.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : left_(text) {}
  bool ok() const { return ok_; }
  bool AtEnd() const { return left_.empty(); }
  char Peek() const { return left_.empty() ? '\0' : left_.front(); }
  int Digits(std::size_t count) {
    if (left_.size() < count) return Fail();
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = left_[i];
      if (c < '0' || c > '9') return Fail();
      number = number * 10 + (c - '0');
    }
    left_.remove_prefix(count);
    return number;
  }
  void Take(char expected) {
    if (Peek() != expected) Fail();
    Advance();
  }
  char TakeOneOf(std::string_view choices) {
    const char found = Peek();
    if (found == '\0' || choices.find(found) == std::string_view::npos) Fail();
    Advance();
    return found;
  }
  /// ".123456" as milliseconds; 0 where there is no fraction.
  int FractionMs() {
    if (Peek() != '.') return 0;
    Advance();
    int ms = 0;
    int digits = 0;
    for (; Peek() >= '0' && Peek() <= '9'; Advance(), ++digits) {
      if (digits < 3) ms = ms * 10 + (Peek() - '0');
    }
    if (digits == 0) return Fail();
    for (; digits < 3; ++digits) ms *= 10;
    return ms;
  }

 private:
  int Fail() {
    ok_ = false;
    return 0;
  }
  void Advance() {
    if (!left_.empty()) left_.remove_prefix(1);
  }
  std::string_view left_;
  bool ok_ = true;
};

struct DateTime {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  int offset_minutes = 0;
};

int ScanOffsetMinutes(TimeScanner& scanner) {
  const char sign = scanner.TakeOneOf("Zz+-");
  if (sign != '+' && sign != '-') return 0;
  const int hours = scanner.Digits(2);
  scanner.Take(':');
  const int minutes = scanner.Digits(2);
  if (hours > 23 || minutes > 59) scanner.TakeOneOf("");
  return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

std::optional<DateTime> Scan(std::string_view text) {
  TimeScanner scanner(text);
  DateTime read;
  read.year = scanner.Digits(4);
  scanner.Take('-');
  read.month = scanner.Digits(2);
  scanner.Take('-');
  read.day = scanner.Digits(2);
  scanner.TakeOneOf("Tt");
  read.hour = scanner.Digits(2);
  scanner.Take(':');
  read.minute = scanner.Digits(2);
  scanner.Take(':');
  read.second = scanner.Digits(2);
  read.ms = scanner.FractionMs();
  read.offset_minutes = ScanOffsetMinutes(scanner);
  if (!scanner.ok() || !scanner.AtEnd()) return std::nullopt;
  return read;
}

Error BadTime(ErrorCode code, std::string_view text, std::string_view why) {
  return MakeError(code, fmt::format("time \"{}\": {}", Utf8Prefix(text, kShownBytesMax), why));
}

}  // namespace

Result<Timestamp> ParseRfc3339(std::string_view text) {
  const std::optional<DateTime> read = Scan(text);
  if (!read) {
    return BadTime(ErrorCode::kInvalidArgument, text,
                   "not RFC 3339 with an offset, such as 2026-03-02T09:14:07Z");
  }
  const std::chrono::year_month_day date{std::chrono::year(read->year),
                                         std::chrono::month(static_cast<unsigned>(read->month)),
                                         std::chrono::day(static_cast<unsigned>(read->day))};
  if (!date.ok()) return BadTime(ErrorCode::kInvalidArgument, text, "no such day in the calendar");
  const std::int64_t minutes = read->hour * 60 + read->minute;
  const std::int64_t utc_minutes = ((minutes - read->offset_minutes) % 1440 + 1440) % 1440;
  const bool leap_second = read->second == 60 && utc_minutes == 1439;
  if (read->hour > 23 || read->minute > 59 || (read->second > 59 && !leap_second)) {
    return BadTime(ErrorCode::kInvalidArgument, text, "no such time of day");
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const Timestamp time{days * kDayMs + (minutes - read->offset_minutes) * kMinuteMs + read->second * 1000 +
                       read->ms};
  if (time < kTimeMin || time > kTimeMax) {
    return BadTime(ErrorCode::kOutOfRange, text, "outside the years 1970 to 2200");
  }
  return time;
}

Result<Timestamp> ParseTime(std::string_view text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return ParseRfc3339(text);
  Timestamp time;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time.ms);
  if (error != std::errc() || time > kTimeMax) {
    return BadTime(ErrorCode::kOutOfRange, text, "milliseconds outside the years 1970 to 2200");
  }
  return time;
}

void AppendRfc3339(std::string& to, Timestamp time) {
  const std::int64_t ms = std::clamp(time.ms, kFirstFormattableMs, kLastFormattableMs);
  const std::int64_t day = ms >= 0 ? ms / kDayMs : -((-ms + kDayMs - 1) / kDayMs);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto in_day = static_cast<int>(ms - day * kDayMs);
  fmt::format_to(std::back_inserter(to), FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"),
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), in_day / 3'600'000, in_day / 60'000 % 60,
                 in_day / 1000 % 60, in_day % 1000);
}

std::string TimestampToRfc3339(Timestamp time) {
  std::string text;
  AppendRfc3339(text, time);
  return text;
}

}  // namespace freshet
