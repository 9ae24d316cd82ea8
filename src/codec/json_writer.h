#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

/// Writes compact JSON at the end of a string. Costs no more than the appends.
///
/// The caller keeps the nesting right; commas and colons are written here. Output is always valid UTF-8: bad
/// bytes become U+FFFD. Numbers are the shortest text that reads back to the same value; NaN and infinity,
/// which JSON lacks, are written as null by Number and left out by Field.
class JsonWriter final {
 public:
  explicit JsonWriter(std::string& to) : to_(to) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  /// `name` must need no escaping; it is a literal of the contract.
  void Key(std::string_view name) {
    Separate();
    to_.push_back('"');
    to_.append(name);
    to_.append("\":", 2);
    separate_ = false;
  }
  /// The same for a name that may hold any text.
  void EscapedKey(std::string_view name) {
    String(name);
    to_.push_back(':');
    separate_ = false;
  }

  void String(std::string_view text);
  void Number(double value);
  void Integer(std::int64_t value);
  void Bool(bool value);
  void Null();
  /// RFC 3339 in UTC with milliseconds.
  void Time(Timestamp time);

  void Field(std::string_view name, std::string_view text) {
    Key(name);
    String(text);
  }
  void Field(std::string_view name, double value);
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) void Field(std::string_view name, Number value) {
    Key(name);
    Integer(static_cast<std::int64_t>(value));
  }
  void Field(std::string_view name, Timestamp time) {
    Key(name);
    Time(time);
  }
  template <std::same_as<bool> Flag>
  void Field(std::string_view name, Flag value) {
    Key(name);
    Bool(value);
  }
  template <typename Value>
  void Field(std::string_view name, const std::optional<Value>& value) {
    if (value) Field(name, *value);
  }
  /// Left out where the text is empty.
  void FieldIfAny(std::string_view name, std::string_view text) {
    if (!text.empty()) Field(name, text);
  }
  /// An array of strings, left out where there are none.
  void FieldIfAny(std::string_view name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    Key(name);
    BeginArray();
    for (const std::string& text : texts) String(text);
    EndArray();
  }

 private:
  void Separate() {
    if (separate_) to_.push_back(',');
    separate_ = true;
  }
  void Open(char bracket) {
    Separate();
    to_.push_back(bracket);
    separate_ = false;
  }
  void Close(char bracket) {
    to_.push_back(bracket);
    separate_ = true;
  }
  std::string& to_;
  bool separate_ = false;
};

/// Appends `text` as the inside of a JSON string, without the quotes.
void AppendJsonEscaped(std::string& to, std::string_view text);

}  // namespace freshet
