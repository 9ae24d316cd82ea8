#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/decoder_options.h"
#include "freshet/event.h"
#include "freshet/ids.h"

namespace freshet {

using JsonValue = simdjson::ondemand::value;
using JsonObject = simdjson::ondemand::object;

inline constexpr std::size_t kIdBytesMax = 256;
/// Objects and arrays inside each other. Our events nest 3 deep; the rest is slack for `properties`.
inline constexpr std::size_t kNestingMax = 64;

class FieldReader;

/// One field of an object: its name and how it is read into a Target.
template <typename Target>
struct FieldRule {
  std::string_view name;
  bool (*read)(FieldReader&, JsonValue&, Target&);
};

/// Reads the fields of one JSON object front to back, checks each against the contract and keeps the first
/// fault with its JSON pointer. Every reading function returns false after a fault; nothing may be read then.
///
/// Rules for all fields: null means absent (the target is reset); a repeated name counts the last time; a
/// field without a rule is ignored, but its text must be JSON. Internal to src/codec (it exposes simdjson).
/// Used by one thread; borrows `options` and the text being read.
class FieldReader final {
 public:
  explicit FieldReader(const DecoderOptions& options) : options_(options) {}

  const DecoderOptions& options() const { return options_; }
  const Rejection& rejection() const { return rejection_; }
  /// Replaces the fault by one that was found outside the document.
  bool Refuse(Rejection rejection);
  /// Forgets the last document.
  void Reset();
  /// A member `specversion` of the root was ignored: the mark of an envelope.
  bool SawSpecVersion() const { return saw_spec_version_; }

  /// Makes `object` the one that ReadFields reads.
  void SetObject(const JsonObject& object) { object_ = object; }
  template <typename Target, std::size_t kRules>
  bool ReadFields(const FieldRule<Target> (&rules)[kRules], Target& to) {
    JsonObject object = object_;
    return ReadObject(object, rules, to);
  }

  bool Id(JsonValue& value, std::string& to);
  bool Text(JsonValue& value, std::string& to);
  /// Text of a length that is checked and then dropped.
  bool TextAtMost(JsonValue& value, std::size_t code_points_max);
  bool Texts(JsonValue& value, std::vector<std::string>& to);
  bool Currency(JsonValue& value, std::string& to);
  bool Number(JsonValue& value, std::optional<double>& to);
  /// The same where null has a meaning of its own.
  bool NumberOrNull(JsonValue& value, std::optional<double>& to);
  /// A whole number from 0 to 2^53 - 1.
  bool Count(JsonValue& value, std::optional<std::int64_t>& to);
  bool Flag(JsonValue& value, std::optional<bool>& to);
  bool Time(JsonValue& value, std::optional<Timestamp>& to);
  /// The index in `names`; an empty name there is never matched.
  bool Choice(JsonValue& value, std::span<const std::string_view> names, std::optional<std::size_t>& to,
              std::string_view reason_code = "schema");
  /// A borrowed view of a string, valid while the document is; absent for null.
  bool View(JsonValue& value, std::optional<std::string_view>& to);
  /// Any object with at most `members_max` members; the content is checked to be JSON and dropped.
  bool AnyObject(JsonValue& value, std::size_t members_max) {
    return AnyObject(value, members_max,
                     [this](std::string_view, JsonValue& member) { return Skip(member); });
  }
  /// The same with `read(name, member)` for each member.
  template <typename Read>
  bool AnyObject(JsonValue& value, std::size_t members_max, Read read);
  /// Any JSON, checked and dropped.
  bool Skip(JsonValue& value);
  /// An object within the object. `given` says whether there was one: false for null.
  template <typename Target, std::size_t kRules>
  bool Nested(JsonValue& value, const FieldRule<Target> (&rules)[kRules], Target& to, bool* given);
  /// Calls `read(element)` for each element, at most `elements_max`; null counts as empty.
  template <typename Read>
  bool Elements(JsonValue& value, std::size_t elements_max, Read read);

  /// Records a fault at the place being read. Always false, so that callers can return it.
  bool Fail(std::string_view reason_code, std::string message, std::string fix_hint);
  /// The same for a member `name` of the object being read.
  bool FailAt(std::string_view name, std::string_view reason_code, std::string message, std::string fix_hint);
  bool Missing(std::string_view name, std::string_view fix_hint);
  bool Malformed(simdjson::error_code error);
  bool TooManyMembers(std::size_t members, std::size_t members_max);
  /// Takes the object out of a value that must be one.
  bool ExpectObject(JsonValue& value, JsonObject& to);

 private:
  enum class Found { kValue, kNull, kFault };
  struct Step {
    std::string_view name;
    std::int64_t index = -1;
  };

  /// Looks at the type before anything is consumed, so that messages can show the value.
  Found Expect(JsonValue& value, simdjson::ondemand::json_type type, std::string_view expected);
  bool WrongType(JsonValue& value, std::string_view expected);
  bool NumberExpecting(std::string_view expected, JsonValue& value, std::optional<double>& to);
  bool NumberOrMalformed(JsonValue& value, double& to);
  bool TimeFromMs(double ms, std::optional<Timestamp>& to);
  bool Enter(Step step);
  void Leave() { --depth_; }
  std::string Pointer(std::string_view last) const;
  template <typename Target, std::size_t kRules>
  bool ReadObject(JsonObject& object, const FieldRule<Target> (&rules)[kRules], Target& to);
  template <typename Target>
  bool ReadMember(const FieldRule<Target>& rule, JsonValue& value, Target& to);
  template <typename Target, std::size_t kRules>
  bool ReadOddMember(simdjson::ondemand::field& field, const FieldRule<Target> (&rules)[kRules], Target& to);
  template <typename Read>
  bool Members(JsonObject& object, Read read);

  const DecoderOptions& options_;
  JsonObject object_;
  Rejection rejection_;
  std::array<Step, kNestingMax> path_{};
  std::size_t depth_ = 0;
  bool saw_spec_version_ = false;
};

template <typename Read>
bool FieldReader::Members(JsonObject& object, Read read) {
  for (auto member : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(member).get(field)) return Malformed(error);
    std::string_view name;
    if (const auto error = field.unescaped_key().get(name)) return Malformed(error);
    if (!Enter({name, -1}) || !read(name, field.value())) return false;
    Leave();
  }
  return true;
}

template <typename Target, std::size_t kRules>
bool FieldReader::ReadObject(JsonObject& object, const FieldRule<Target> (&rules)[kRules], Target& to) {
  // Producers write their fields in one order, mostly that of the contract: the search goes on from the last.
  // Names are compared as they stand in the text; only what matches none is unescaped.
  std::size_t next = 0;
  for (auto member : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(member).get(field)) return Malformed(error);
    const FieldRule<Target>* rule = nullptr;
    for (std::size_t tried = 0; tried < kRules && rule == nullptr; ++tried) {
      if (field.key().unsafe_is_equal(rules[next].name)) rule = &rules[next];
      next = next + 1 == kRules ? 0 : next + 1;
    }
    if (!(rule != nullptr ? ReadMember(*rule, field.value(), to) : ReadOddMember(field, rules, to)))
      return false;
  }
  return true;
}

template <typename Target>
bool FieldReader::ReadMember(const FieldRule<Target>& rule, JsonValue& value, Target& to) {
  if (!Enter({rule.name, -1}) || !rule.read(*this, value, to)) return false;
  Leave();
  return true;
}

template <typename Target, std::size_t kRules>
bool FieldReader::ReadOddMember(simdjson::ondemand::field& field, const FieldRule<Target> (&rules)[kRules],
                                Target& to) {
  std::string_view name;
  if (const auto error = field.unescaped_key().get(name)) return Malformed(error);
  for (const FieldRule<Target>& rule : rules) {
    if (rule.name == name) return ReadMember(rule, field.value(), to);
  }
  if (depth_ == 0 && name == "specversion") saw_spec_version_ = true;
  if (!Enter({name, -1}) || !Skip(field.value())) return false;
  Leave();
  return true;
}

template <typename Target, std::size_t kRules>
bool FieldReader::Nested(JsonValue& value, const FieldRule<Target> (&rules)[kRules], Target& to,
                         bool* given) {
  const Found found = Expect(value, simdjson::ondemand::json_type::object, "an object");
  *given = found == Found::kValue;
  if (found != Found::kValue) return found == Found::kNull;
  JsonObject object;
  if (const auto error = value.get_object().get(object)) return Malformed(error);
  return ReadObject(object, rules, to);
}

template <typename Read>
bool FieldReader::AnyObject(JsonValue& value, std::size_t members_max, Read read) {
  const Found found = Expect(value, simdjson::ondemand::json_type::object, "an object");
  if (found != Found::kValue) return found == Found::kNull;
  JsonObject object;
  if (const auto error = value.get_object().get(object)) return Malformed(error);
  std::size_t members = 0;
  const bool ok = Members(object, [&](std::string_view name, JsonValue& member) {
    ++members;
    return read(name, member);
  });
  if (!ok) return false;
  return members <= members_max || TooManyMembers(members, members_max);
}

template <typename Read>
bool FieldReader::Elements(JsonValue& value, std::size_t elements_max, Read read) {
  const Found found = Expect(value, simdjson::ondemand::json_type::array, "an array");
  if (found != Found::kValue) return found == Found::kNull;
  simdjson::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return Malformed(error);
  std::int64_t index = 0;
  for (auto element : array) {
    JsonValue item;
    if (const auto error = std::move(element).get(item)) return Malformed(error);
    if (static_cast<std::size_t>(index) == elements_max) {
      return Fail("schema", "more than " + std::to_string(elements_max) + " elements",
                  "send at most " + std::to_string(elements_max));
    }
    if (!Enter({{}, index}) || !read(item)) return false;
    Leave();
    ++index;
  }
  return true;
}

}  // namespace freshet
