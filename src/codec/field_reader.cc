#include "codec/field_reader.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/utf8.h"
#include "codec/time.h"

namespace freshet {
namespace {

using simdjson::ondemand::json_type;

constexpr std::size_t kShownBytesMax = 80;
constexpr double kExactIntegerMax = 9007199254740991.0;  // 2^53 - 1, the largest that every JSON reader keeps

/// The value as it stands in the text: all of a scalar, the bracket of anything else.
std::string_view RawToken(JsonValue& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return Utf8Prefix(token, kShownBytesMax);
}

std::string Describe(JsonValue& value, json_type type) {
  switch (type) {
    case json_type::object:
      return "an object";
    case json_type::array:
      return "an array";
    case json_type::string:
      return fmt::format("string {}", RawToken(value));
    case json_type::number:
      return fmt::format("number {}", RawToken(value));
    case json_type::boolean:
      return fmt::format("boolean {}", RawToken(value));
    case json_type::null:
      return "null";
  }
  return "something else";
}

/// Numbers in quotes are the commonest fault: show the number that was meant.
std::string HintForType(std::string_view expected, json_type got, std::string_view token) {
  if (got == json_type::string && expected.find("number") != std::string_view::npos) {
    std::string bare(token.substr(1, token.size() > 1 && token.back() == '"' ? token.size() - 2 : 0));
    const auto comma = std::count(bare.begin(), bare.end(), ',');
    if (comma == 1) {
      std::replace(bare.begin(), bare.end(), ',', '.');
      return fmt::format("use a decimal point: {}", bare);
    }
    return fmt::format("send a number without quotes: {}", bare);
  }
  if (got == json_type::number && expected.find("string") != std::string_view::npos) {
    return fmt::format("put it in quotes: \"{}\"", token);
  }
  return fmt::format("send {}, or leave the field out where it is optional", expected);
}

std::string MalformedHint(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "encode the text as UTF-8";
    case simdjson::UNCLOSED_STRING:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "send the whole document: it looks cut off";
    case simdjson::UNESCAPED_CHARS:
      return "escape control characters in strings, such as \\n";
    case simdjson::EMPTY:
      return "send a JSON object; to delete an item send a record without value (null), not an empty one";
    case simdjson::NUMBER_ERROR:
      return "send a finite number in JSON's form; leave the field out where there is none";
    default:
      return "send one JSON object; NaN, Infinity, comments, single quotes and trailing commas are not JSON";
  }
}

}  // namespace

bool FieldReader::Enter(Step step) {
  if (depth_ == kNestingMax) {
    return Fail("schema", fmt::format("nested deeper than {} levels", kNestingMax), "flatten the document");
  }
  path_[depth_++] = step;
  return true;
}

std::string FieldReader::Pointer(std::string_view last) const {
  std::string pointer;
  const auto append = [&](std::string_view name) {
    pointer.push_back('/');
    for (const char c : Utf8Prefix(name, kShownBytesMax)) {
      if (c == '~' || c == '/') {
        pointer.append(c == '~' ? "~0" : "~1");
      } else {
        pointer.push_back(c);
      }
    }
  };
  // Deep pointers help nobody: the first levels say where to look.
  for (std::size_t i = 0; i < std::min<std::size_t>(depth_, 8); ++i) {
    append(path_[i].index < 0 ? path_[i].name : std::string_view(std::to_string(path_[i].index)));
  }
  if (!last.empty()) append(last);
  return pointer;
}

bool FieldReader::FailAt(std::string_view name, std::string_view reason_code, std::string message,
                         std::string fix_hint) {
  rejection_.reason_code = reason_code;
  rejection_.path = Pointer(name);
  rejection_.message = std::move(message);
  rejection_.fix_hint = std::move(fix_hint);
  return false;
}

bool FieldReader::Fail(std::string_view reason_code, std::string message, std::string fix_hint) {
  return FailAt({}, reason_code, std::move(message), std::move(fix_hint));
}

bool FieldReader::Refuse(Rejection rejection) {
  rejection_ = std::move(rejection);
  return false;
}

void FieldReader::Reset() {
  depth_ = 0;
  saw_spec_version_ = false;
}

bool FieldReader::Missing(std::string_view name, std::string_view fix_hint) {
  return FailAt(name, "schema", fmt::format("{} is missing or null", name), std::string(fix_hint));
}

bool FieldReader::Malformed(simdjson::error_code error) {
  return Fail("not_json", fmt::format("not JSON: {}", simdjson::error_message(error)), MalformedHint(error));
}

bool FieldReader::WrongType(JsonValue& value, std::string_view expected) {
  json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) {
    return Fail("not_json", fmt::format("not JSON: {}", RawToken(value)),
                MalformedHint(simdjson::TAPE_ERROR));
  }
  return Fail("schema", fmt::format("expected {}, got {}", expected, Describe(value, type)),
              HintForType(expected, type, RawToken(value)));
}

FieldReader::Found FieldReader::Expect(JsonValue& value, json_type expected_type, std::string_view expected) {
  json_type type;
  const auto error = value.type().get(type);
  if (!error && type == expected_type && type != json_type::null) return Found::kValue;
  if (error || type != json_type::null) {
    WrongType(value, expected);
    return Found::kFault;
  }
  bool null = false;
  if (value.is_null().get(null) == simdjson::SUCCESS && null) return Found::kNull;
  Fail("not_json", fmt::format("not JSON: {}", RawToken(value)), MalformedHint(simdjson::N_ATOM_ERROR));
  return Found::kFault;
}

bool FieldReader::ExpectObject(JsonValue& value, JsonObject& to) {
  json_type type;
  if (value.type().get(type) != simdjson::SUCCESS || type != json_type::object) {
    return WrongType(value, "an object");
  }
  if (const auto error = value.get_object().get(to)) return Malformed(error);
  return true;
}

bool FieldReader::View(JsonValue& value, std::optional<std::string_view>& to) {
  to.reset();
  const Found found = Expect(value, json_type::string, "a string");
  if (found != Found::kValue) return found == Found::kNull;
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return Malformed(error);
  to = text;
  return true;
}

bool FieldReader::Id(JsonValue& value, std::string& to) {
  std::optional<std::string_view> text;
  if (!View(value, text)) return false;
  if (!text) {
    to.clear();
    return true;
  }
  if (text->empty())
    return Fail("schema", "empty", "send 1 to 256 bytes, or leave the field out where it is optional");
  if (text->size() > kIdBytesMax) {
    return Fail("schema",
                fmt::format("{} bytes long, at most {} are allowed: \"{}...\"", text->size(), kIdBytesMax,
                            Utf8Prefix(*text, kShownBytesMax)),
                "shorten it, for example to a hash");
  }
  to.assign(*text);
  return true;
}

bool FieldReader::Text(JsonValue& value, std::string& to) {
  std::optional<std::string_view> text;
  if (!View(value, text)) return false;
  to.assign(text.value_or(std::string_view()));
  return true;
}

bool FieldReader::TextAtMost(JsonValue& value, std::size_t code_points_max) {
  std::optional<std::string_view> text;
  if (!View(value, text)) return false;
  const std::size_t length = Utf8CodePoints(text.value_or(std::string_view()));
  if (length <= code_points_max) return true;
  return Fail("schema", fmt::format("{} characters long, at most {} are allowed", length, code_points_max),
              "shorten it");
}

bool FieldReader::Texts(JsonValue& value, std::vector<std::string>& to) {
  to.clear();
  // The record's length bounds the number of elements.
  return Elements(value, options_.value_bytes_max, [&](JsonValue& element) {
    std::optional<std::string_view> text;
    if (!View(element, text)) return false;
    if (!text) return Fail("schema", "expected a string, got null", "leave the element out");
    to.emplace_back(*text);
    return true;
  });
}

bool FieldReader::Currency(JsonValue& value, std::string& to) {
  std::optional<std::string_view> text;
  if (!View(value, text)) return false;
  const bool code = !text || (text->size() == 3 && std::all_of(text->begin(), text->end(),
                                                               [](char c) { return c >= 'A' && c <= 'Z'; }));
  if (!code) {
    return Fail("schema", fmt::format("not a currency code: \"{}\"", Utf8Prefix(*text, kShownBytesMax)),
                "send an ISO 4217 code of 3 capital letters, such as EUR");
  }
  to.assign(text.value_or(std::string_view()));
  return true;
}

bool FieldReader::NumberOrMalformed(JsonValue& value, double& to) {
  const auto error = value.get_double().get(to);
  if (!error && std::isfinite(to)) return true;
  return Fail("not_json", fmt::format("not a JSON number: {}", RawToken(value)),
              MalformedHint(simdjson::NUMBER_ERROR));
}

bool FieldReader::Number(JsonValue& value, std::optional<double>& to) {
  return NumberExpecting("a number", value, to);
}

bool FieldReader::NumberOrNull(JsonValue& value, std::optional<double>& to) {
  return NumberExpecting("a number or null", value, to);
}

bool FieldReader::NumberExpecting(std::string_view expected, JsonValue& value, std::optional<double>& to) {
  to.reset();
  const Found found = Expect(value, json_type::number, expected);
  if (found != Found::kValue) return found == Found::kNull;
  return NumberOrMalformed(value, to.emplace());
}

bool FieldReader::Count(JsonValue& value, std::optional<std::int64_t>& to) {
  to.reset();
  const Found found = Expect(value, json_type::number, "a whole number");
  if (found != Found::kValue) return found == Found::kNull;
  const std::string_view shown = RawToken(value);
  double number = 0;
  if (!NumberOrMalformed(value, number)) return false;
  if (number < 0 || number > kExactIntegerMax || number != std::floor(number)) {
    return Fail("schema", fmt::format("expected a whole number from 0, got {}", shown),
                "send a whole number that is not negative");
  }
  to = static_cast<std::int64_t>(number);
  return true;
}

bool FieldReader::Flag(JsonValue& value, std::optional<bool>& to) {
  to.reset();
  const Found found = Expect(value, json_type::boolean, "true or false");
  if (found != Found::kValue) return found == Found::kNull;
  const std::string_view shown = RawToken(value);
  if (value.get_bool().get(to.emplace()) == simdjson::SUCCESS) return true;
  return Fail("not_json", fmt::format("not JSON: {}", shown), "send true or false");
}

bool FieldReader::TimeFromMs(double ms, std::optional<Timestamp>& to) {
  if (ms < static_cast<double>(kTimeMin.ms) || ms > static_cast<double>(kTimeMax.ms) ||
      ms != std::floor(ms)) {
    return Fail("bad_time", fmt::format("{} is not a time in whole milliseconds from 1970 to 2200", ms),
                "send milliseconds since 1970 (not nano- or microseconds) or RFC 3339");
  }
  to = Timestamp{static_cast<std::int64_t>(ms)};
  return true;
}

bool FieldReader::Time(JsonValue& value, std::optional<Timestamp>& to) {
  to.reset();
  json_type type;
  if (value.type().get(type) == simdjson::SUCCESS && type == json_type::number) {
    double ms = 0;
    return NumberOrMalformed(value, ms) && TimeFromMs(ms, to);
  }
  const Found found = Expect(value, json_type::string, "a time (RFC 3339 string or number of milliseconds)");
  if (found != Found::kValue) return found == Found::kNull;
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return Malformed(error);
  Result<Timestamp> time = ParseRfc3339(text);
  if (!time.ok()) {
    return Fail(
        "bad_time", std::move(time.error().message),
        "send RFC 3339 with an offset, such as 2026-03-02T09:14:07Z, or milliseconds since 1970 as a number");
  }
  to = *time;
  return true;
}

bool FieldReader::Choice(JsonValue& value, std::span<const std::string_view> names,
                         std::optional<std::size_t>& to, std::string_view reason_code) {
  to.reset();
  std::optional<std::string_view> text;
  if (!View(value, text)) return false;
  if (!text) return true;
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found != names.end() && !found->empty()) {
    to = static_cast<std::size_t>(found - names.begin());
    return true;
  }
  std::vector<std::string_view> choices;
  std::copy_if(names.begin(), names.end(), std::back_inserter(choices),
               [](auto name) { return !name.empty(); });
  return Fail(reason_code, fmt::format("unknown value \"{}\"", Utf8Prefix(*text, kShownBytesMax)),
              fmt::format("send one of {}", fmt::join(choices, ", ")));
}

bool FieldReader::TooManyMembers(std::size_t members, std::size_t members_max) {
  return Fail("schema", fmt::format("{} members, at most {} are allowed", members, members_max),
              "send fewer members");
}

bool FieldReader::Skip(JsonValue& value) {
  json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return WrongType(value, "a JSON value");
  std::optional<std::string_view> text;
  std::optional<bool> flag;
  double number = 0;
  switch (type) {
    case json_type::object:
      return AnyObject(value, options_.value_bytes_max);
    case json_type::array:
      return Elements(value, options_.value_bytes_max, [this](JsonValue& element) { return Skip(element); });
    case json_type::string:
      return View(value, text);
    case json_type::number:
      return NumberOrMalformed(value, number);
    case json_type::boolean:
      return Flag(value, flag);
    case json_type::null:
      return Expect(value, json_type::null, "null") != Found::kFault;
  }
  return false;
}

}  // namespace freshet
