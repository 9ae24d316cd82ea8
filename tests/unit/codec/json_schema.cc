#include "unit/codec/json_schema.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <regex>
#include <set>
#include <stdexcept>

#include "base/utf8.h"

namespace freshet::testing {
namespace {

const std::set<std::string> kKeywords = {
    "$schema",       "$id",           "$ref",   "$defs",    "title",           "description",
    "type",          "enum",          "const",  "required", "properties",      "additionalProperties",
    "minProperties", "maxProperties", "items",  "minItems", "maxItems",        "minLength",
    "maxLength",     "pattern",       "format", "minimum",  "maximum",         "allOf",
    "anyOf",         "not",           "if",     "then",     "contentEncoding", "else",
    "x-max-bytes"};

bool IsWhole(const Json& number) {
  if (number.is_number_integer()) return true;
  const auto value = number.get<double>();
  return value == std::floor(value);
}

bool HasType(const std::string& type, const Json& instance) {
  if (type == "null") return instance.is_null();
  if (type == "boolean") return instance.is_boolean();
  if (type == "string") return instance.is_string();
  if (type == "array") return instance.is_array();
  if (type == "object") return instance.is_object();
  if (type == "number") return instance.is_number();
  if (type == "integer") return instance.is_number() && IsWhole(instance);
  throw std::invalid_argument("unknown type " + type);
}

bool HasAnyType(const Json& types, const Json& instance) {
  if (types.is_string()) return HasType(types, instance);
  return std::any_of(types.begin(), types.end(), [&](const Json& type) { return HasType(type, instance); });
}

/// RFC 3339 date-time, written apart from the decoder's parser so that the two check each other.
bool IsDateTime(const std::string& text) {
  static const std::regex kForm(
      R"(^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$)");
  std::smatch part;
  if (!std::regex_match(text, part, kForm)) return false;
  const auto number = [&](std::size_t i) { return std::stoi(part[i].str()); };
  const std::chrono::year_month_day date{std::chrono::year(number(1)),
                                         std::chrono::month(static_cast<unsigned>(number(2))),
                                         std::chrono::day(static_cast<unsigned>(number(3)))};
  return date.ok() && number(4) < 24 && number(5) < 60 && number(6) < 60;
}

void ValidateString(const Json& schema, const std::string& text, const std::string& path,
                    std::vector<std::string>& faults) {
  const auto bound = [&](const char* keyword, std::size_t size, bool upper) {
    if (!schema.contains(keyword)) return;
    const std::size_t limit = schema[keyword];
    if (upper ? size > limit : size < limit) faults.push_back(path + ": " + keyword);
  };
  bound("minLength", Utf8CodePoints(text), false);
  bound("maxLength", Utf8CodePoints(text), true);
  bound("x-max-bytes", text.size(), true);
  if (schema.contains("pattern") &&
      !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
    faults.push_back(path + ": pattern");
  }
  if (!schema.contains("format")) return;
  if (schema["format"] != "date-time") throw std::invalid_argument("format " + schema["format"].dump());
  if (!IsDateTime(text)) faults.push_back(path + ": not a date-time");
}

void ValidateNumber(const Json& schema, const Json& number, const std::string& path,
                    std::vector<std::string>& faults) {
  if (schema.contains("minimum") && number < schema["minimum"])
    faults.push_back(path + ": below the minimum");
  if (schema.contains("maximum") && number > schema["maximum"])
    faults.push_back(path + ": above the maximum");
}

}  // namespace

JsonSchema::JsonSchema(Json schema) : root_(std::move(schema)) { CheckKeywords(root_); }

void JsonSchema::CheckKeywords(const Json& schema) const {
  if (schema.is_boolean()) return;
  for (const auto& [keyword, value] : schema.items()) {
    if (!kKeywords.contains(keyword)) throw std::invalid_argument("keyword " + keyword);
    if (keyword == "properties" || keyword == "$defs") {
      for (const Json& member : value) CheckKeywords(member);
    } else if (keyword == "allOf" || keyword == "anyOf") {
      for (const Json& part : value) CheckKeywords(part);
    } else if (std::set<std::string>{"items", "additionalProperties", "not", "if", "then", "else"}.contains(
                   keyword)) {
      CheckKeywords(value);
    }
  }
}

std::vector<std::string> JsonSchema::Faults(const Json& instance) const {
  std::vector<std::string> faults;
  Validate(root_, instance, "", faults);
  return faults;
}

bool JsonSchema::Accepts(const Json& schema, const Json& instance) const {
  std::vector<std::string> faults;
  Validate(schema, instance, "", faults);
  return faults.empty();
}

void JsonSchema::Validate(const Json& schema, const Json& instance, const std::string& path,
                          std::vector<std::string>& faults) const {
  if (schema.is_boolean()) {
    if (!schema.get<bool>()) faults.push_back(path + ": not allowed");
    return;
  }
  if (schema.contains("$ref")) {
    const Json::json_pointer target(schema["$ref"].get<std::string>().substr(1));
    Validate(root_.at(target), instance, path, faults);
  }
  if (schema.contains("type") && !HasAnyType(schema["type"], instance))
    faults.push_back(path + ": wrong type");
  if (schema.contains("const") && schema["const"] != instance) faults.push_back(path + ": const");
  if (schema.contains("enum") && std::count(schema["enum"].begin(), schema["enum"].end(), instance) == 0) {
    faults.push_back(path + ": not in the enum");
  }
  if (instance.is_string()) ValidateString(schema, instance, path, faults);
  if (instance.is_number()) ValidateNumber(schema, instance, path, faults);
  if (instance.is_object()) ValidateObject(schema, instance, path, faults);
  if (instance.is_array()) ValidateArray(schema, instance, path, faults);
  ValidateCombined(schema, instance, path, faults);
}

void JsonSchema::ValidateCombined(const Json& schema, const Json& instance, const std::string& path,
                                  std::vector<std::string>& faults) const {
  for (const Json& part : schema.value("allOf", Json::array())) Validate(part, instance, path, faults);
  if (schema.contains("anyOf")) {
    const Json& parts = schema["anyOf"];
    const bool any =
        std::any_of(parts.begin(), parts.end(), [&](const Json& part) { return Accepts(part, instance); });
    if (!any) faults.push_back(path + ": none of anyOf");
  }
  if (schema.contains("not") && Accepts(schema["not"], instance)) faults.push_back(path + ": not");
  if (!schema.contains("if")) return;
  const char* branch = Accepts(schema["if"], instance) ? "then" : "else";
  if (schema.contains(branch)) Validate(schema[branch], instance, path, faults);
}

void JsonSchema::ValidateObject(const Json& schema, const Json& instance, const std::string& path,
                                std::vector<std::string>& faults) const {
  for (const Json& name : schema.value("required", Json::array())) {
    if (!instance.contains(name.get<std::string>()))
      faults.push_back(path + ": lacks " + name.get<std::string>());
  }
  if (schema.contains("minProperties") && instance.size() < schema["minProperties"]) {
    faults.push_back(path + ": too few members");
  }
  if (schema.contains("maxProperties") && instance.size() > schema["maxProperties"]) {
    faults.push_back(path + ": too many members");
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, value] : instance.items()) {
    if (properties.contains(name)) {
      Validate(properties[name], value, path + "/" + name, faults);
    } else if (schema.contains("additionalProperties")) {
      Validate(schema["additionalProperties"], value, path + "/" + name, faults);
    }
  }
}

void JsonSchema::ValidateArray(const Json& schema, const Json& instance, const std::string& path,
                               std::vector<std::string>& faults) const {
  if (schema.contains("minItems") && instance.size() < schema["minItems"])
    faults.push_back(path + ": too few items");
  if (schema.contains("maxItems") && instance.size() > schema["maxItems"])
    faults.push_back(path + ": too many items");
  if (!schema.contains("items")) return;
  for (std::size_t i = 0; i < instance.size(); ++i) {
    Validate(schema["items"], instance[i], path + "/" + std::to_string(i), faults);
  }
}

}  // namespace freshet::testing
