#include "config/field.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/format.h"
#include "config/nearest.h"
#include "config/units.h"

namespace freshet {
namespace {

Error Invalid(std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); }

template <typename Number>
Result<FieldValue> ParseNumber(std::string_view text, std::string_view what) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return Invalid(fmt::format("\"{}\" is not {}", text, what));
  }
  return FieldValue(number);
}

Result<FieldValue> ParseDurations(std::string_view text) {
  std::vector<std::int64_t> durations;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    FRESHET_TRY(const auto duration, ParseDuration(text.substr(0, comma)));
    durations.push_back(duration.count());
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return FieldValue(std::move(durations));
}

std::vector<std::string> ParseTexts(std::string_view text) {
  std::vector<std::string> texts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    texts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return texts;
}

std::string FormatReal(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string FormatBound(const Field& field, double bound) {
  const auto whole = static_cast<std::int64_t>(bound);
  switch (field.kind) {
    case FieldKind::kDuration:
    case FieldKind::kDurations:
      return FormatDuration(std::chrono::milliseconds(whole));
    case FieldKind::kSize:
      return FormatSize(whole);
    case FieldKind::kInteger:
      return fmt::format("{}", whole);
    default:
      return fmt::format("{}", bound);
  }
}

Result<void> CheckNumber(const Field& field, double number) {
  const bool inside = number >= field.bounds.min && number <= field.bounds.max;  // false for NaN
  if (inside) return {};
  return Invalid(fmt::format("{} is out of range; write a value from {} to {}", FormatBound(field, number),
                             FormatBound(field, field.bounds.min), FormatBound(field, field.bounds.max)));
}

Result<void> CheckChoice(const Field& field, const std::string& text) {
  if (std::find(field.choices.begin(), field.choices.end(), text) != field.choices.end()) return {};
  const std::string nearest = Nearest(text, field.choices);
  const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
  return Invalid(fmt::format("\"{}\" is not one of {}{}", text, fmt::join(field.choices, ", "), hint));
}

Result<void> CheckTexts(const Field& field, const std::vector<std::string>& texts) {
  if (texts.size() > field.count)
    return Invalid(fmt::format("{} entries given; write at most {}", texts.size(), field.count));
  if (std::find(texts.begin(), texts.end(), "") != texts.end())
    return Invalid("an entry is empty; leave it out");
  return {};
}

Result<void> CheckDurations(const Field& field, const std::vector<std::int64_t>& durations) {
  if (durations.size() != field.count) {
    return Invalid(fmt::format("{} durations given; write exactly {}", durations.size(), field.count));
  }
  for (const std::int64_t duration : durations)
    FRESHET_CHECK(CheckNumber(field, static_cast<double>(duration)));
  return {};
}

std::string FormatTextTable(const TextTable& table) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : table) {
    entries.push_back(
        fmt::format("{} = {}", TomlString(name), TomlString(LooksSecret(name) ? "***" : value)));
  }
  return fmt::format("{{ {} }}", fmt::join(entries, ", "));
}

std::string FormatNumberTable(const NumberTable& table) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : table) entries.push_back(TomlString(name) + " = " + FormatReal(value));
  return fmt::format("{{ {} }}", fmt::join(entries, ", "));
}

std::string FormatTexts(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(TomlString(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string FormatDurations(const std::vector<std::int64_t>& durations) {
  std::vector<std::string> texts;
  for (const std::int64_t ms : durations) {
    texts.push_back(TomlString(FormatDuration(std::chrono::milliseconds(ms))));
  }
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace

Result<FieldValue> ParseFieldText(const Field& field, std::string_view text) {
  switch (field.kind) {
    case FieldKind::kBool:
      if (text == "true" || text == "false") return FieldValue(text == "true");
      return Invalid(fmt::format("\"{}\" is neither true nor false", text));
    case FieldKind::kInteger:
      return ParseNumber<std::int64_t>(text, "a whole number");
    case FieldKind::kReal:
      return ParseNumber<double>(text, "a number");
    case FieldKind::kText:
    case FieldKind::kChoice:
      return FieldValue(std::string(text));
    case FieldKind::kDuration: {
      FRESHET_TRY(const auto duration, ParseDuration(text));
      return FieldValue(static_cast<std::int64_t>(duration.count()));
    }
    case FieldKind::kSize: {
      FRESHET_TRY(const std::int64_t bytes, ParseSize(text));
      return FieldValue(bytes);
    }
    case FieldKind::kDurations:
      return ParseDurations(text);
    case FieldKind::kTexts:
      return FieldValue(ParseTexts(text));
    case FieldKind::kTextTable:
    case FieldKind::kNumberTable:
      break;
  }
  return Invalid("this is a table; set its entries one by one");
}

Result<void> CheckField(const Field& field, const FieldValue& value) {
  switch (field.kind) {
    case FieldKind::kInteger:
    case FieldKind::kDuration:
    case FieldKind::kSize:
      return CheckNumber(field, static_cast<double>(std::get<std::int64_t>(value)));
    case FieldKind::kReal:
      return CheckNumber(field, std::get<double>(value));
    case FieldKind::kChoice:
      return CheckChoice(field, std::get<std::string>(value));
    case FieldKind::kDurations:
      return CheckDurations(field, std::get<std::vector<std::int64_t>>(value));
    case FieldKind::kTexts:
      return CheckTexts(field, std::get<std::vector<std::string>>(value));
    case FieldKind::kNumberTable:
      for (const auto& [name, number] : std::get<NumberTable>(value)) {
        if (const auto checked = CheckNumber(field, number); !checked) return checked.error().Within(name);
      }
      return {};
    case FieldKind::kBool:
    case FieldKind::kText:
    case FieldKind::kTextTable:
      break;
  }
  return {};
}

std::string FormatFieldValue(const Field& field, const FieldValue& value) {
  switch (field.kind) {
    case FieldKind::kBool:
      return std::get<bool>(value) ? "true" : "false";
    case FieldKind::kInteger:
      return fmt::format("{}", std::get<std::int64_t>(value));
    case FieldKind::kReal:
      return FormatReal(std::get<double>(value));
    case FieldKind::kText:
    case FieldKind::kChoice:
      return TomlString(std::get<std::string>(value));
    case FieldKind::kDuration:
      return TomlString(FormatDuration(std::chrono::milliseconds(std::get<std::int64_t>(value))));
    case FieldKind::kSize:
      return TomlString(FormatSize(std::get<std::int64_t>(value)));
    case FieldKind::kDurations:
      return FormatDurations(std::get<std::vector<std::int64_t>>(value));
    case FieldKind::kTexts:
      return FormatTexts(std::get<std::vector<std::string>>(value));
    case FieldKind::kTextTable:
      return FormatTextTable(std::get<TextTable>(value));
    case FieldKind::kNumberTable:
      return FormatNumberTable(std::get<NumberTable>(value));
  }
  return "";
}

bool LooksSecret(std::string_view setting) {
  constexpr std::array<std::string_view, 6> kMarks = {"password",           "secret",    "token", ".pem",
                                                      "oauthbearer.config", "credential"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return setting.find(mark) != std::string_view::npos; });
}

std::string TomlString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

}  // namespace freshet
