#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/field.h"

namespace freshet {

// Builders of Field. `access` is `[](auto& c) -> auto& { return c.section.member; }`.

inline constexpr double kMinuteMs = 60'000;
inline constexpr double kDayMs = 86'400'000;
inline constexpr double kYearMs = 365 * kDayMs;
inline constexpr double kMiB = 1 << 20;

template <typename Value, typename Access>
Field MakeField(std::string key, FieldKind kind, std::string doc, Access access) {
  Field field{.key = std::move(key), .kind = kind, .doc = std::move(doc)};
  using Member = std::remove_cvref_t<decltype(access(std::declval<Config&>()))>;
  field.get = [access](const Config& c) { return FieldValue(static_cast<Value>(access(c))); };
  field.set = [access](Config& c, const FieldValue& v) {
    access(c) = static_cast<Member>(std::get<Value>(v));
  };
  return field;
}

template <typename Access>
Field Flag(std::string key, std::string doc, Access access) {
  return MakeField<bool>(std::move(key), FieldKind::kBool, std::move(doc), access);
}

template <typename Access>
Field Text(std::string key, std::string doc, Access access) {
  return MakeField<std::string>(std::move(key), FieldKind::kText, std::move(doc), access);
}

template <typename Access>
Field Integer(std::string key, Bounds bounds, std::string doc, Access access) {
  Field field = MakeField<std::int64_t>(std::move(key), FieldKind::kInteger, std::move(doc), access);
  field.bounds = bounds;
  return field;
}

template <typename Access>
Field Real(std::string key, Bounds bounds, std::string doc, Access access) {
  Field field = MakeField<double>(std::move(key), FieldKind::kReal, std::move(doc), access);
  field.bounds = bounds;
  return field;
}

template <typename Access>
Field Size(std::string key, Bounds bounds, std::string doc, Access access) {
  Field field = MakeField<std::int64_t>(std::move(key), FieldKind::kSize, std::move(doc), access);
  field.bounds = bounds;
  return field;
}

/// Bounds in ms.
template <typename Access>
Field Duration(std::string key, Bounds bounds, std::string doc, Access access) {
  Field field{.key = std::move(key), .kind = FieldKind::kDuration, .doc = std::move(doc), .bounds = bounds};
  field.get = [access](const Config& c) { return FieldValue(std::int64_t{access(c).count()}); };
  field.set = [access](Config& c, const FieldValue& v) {
    access(c) = std::chrono::milliseconds(std::get<std::int64_t>(v));
  };
  return field;
}

template <typename Access>
Field Durations(std::string key, Bounds bounds, std::string doc, Access access) {
  Field field{.key = std::move(key), .kind = FieldKind::kDurations, .doc = std::move(doc), .bounds = bounds};
  field.count = std::tuple_size_v<std::remove_cvref_t<decltype(access(std::declval<Config&>()))>>;
  field.get = [access](const Config& c) {
    std::vector<std::int64_t> values;
    for (const std::chrono::milliseconds duration : access(c)) values.push_back(duration.count());
    return FieldValue(std::move(values));
  };
  field.set = [access](Config& c, const FieldValue& v) {
    const auto& values = std::get<std::vector<std::int64_t>>(v);
    auto& target = access(c);
    for (std::size_t i = 0; i < target.size(); ++i) target[i] = std::chrono::milliseconds(values[i]);
  };
  return field;
}

template <typename Enum, typename Access>
Field Choice(std::string key, std::vector<std::pair<std::string, Enum>> names, std::string doc,
             Access access) {
  Field field{.key = std::move(key), .kind = FieldKind::kChoice, .doc = std::move(doc)};
  for (const auto& [name, value] : names) field.choices.push_back(name);
  field.get = [access, names](const Config& c) {
    for (const auto& [name, value] : names) {
      if (value == access(c)) return FieldValue(name);
    }
    return FieldValue(std::string());
  };
  field.set = [access, names](Config& c, const FieldValue& v) {
    for (const auto& [name, value] : names) {
      if (name == std::get<std::string>(v)) access(c) = value;
    }
  };
  return field;
}

template <typename Access>
Field Settings(std::string key, std::string doc, Access access) {
  return MakeField<TextTable>(std::move(key), FieldKind::kTextTable, std::move(doc), access);
}

// The parts of the table, each in its own file.
std::vector<Field> LogFields();         // app, data, topics, kafka, embedded
std::vector<Field> ProcessingFields();  // processing, state
std::vector<Field> ModelFields();       // models
std::vector<Field> PolicyFields();      // diversity, exploration, strategies
std::vector<Field> ServiceFields();     // publish, http, log

}  // namespace freshet
