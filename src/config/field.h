#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"
#include "freshet/result.h"

namespace freshet {

enum class FieldKind {
  kBool,
  kInteger,
  kReal,
  kText,
  kChoice,       ///< text out of Field::choices
  kDuration,     ///< integer, ms
  kSize,         ///< integer, bytes
  kTexts,        ///< list of at most Field::count texts
  kDurations,    ///< list of Field::count durations, ms
  kTextTable,    ///< names the log's client knows, to values; secrets may be among them
  kNumberTable,  ///< free names to numbers
};

using TextTable = std::map<std::string, std::string>;
using NumberTable = std::map<std::string, double>;
using FieldValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                                std::vector<std::string>, TextTable, NumberTable>;

struct Bounds {
  double min = 0;
  double max = 0;
};

/// One key of the configuration: how it is written, what it may hold, what it means and where it is kept.
struct Field {
  std::string key{};  ///< dotted, for example "publish.k"
  FieldKind kind = FieldKind::kText;
  std::string doc{};  ///< what it does, its unit and why the default is what it is; lines end in \n
  Bounds bounds{};    ///< numbers, durations (ms) and sizes (bytes), both ends allowed
  std::vector<std::string> choices{};
  std::size_t count = 0;  ///< length of kDurations, the most of kTexts
  std::function<FieldValue(const Config&)> get{};
  std::function<void(Config&, const FieldValue&)> set{};
};

/// Reads the text of an environment variable or of `--set` (lists are separated by commas). Tables are not
/// read here: their entries are set one by one. kInvalidArgument says what is wrong with the text.
Result<FieldValue> ParseFieldText(const Field& field, std::string_view text);

/// Bounds, choices and list length.
Result<void> CheckField(const Field& field, const FieldValue& value);

/// The value as TOML. Tables give an inline table; entries that look secret are shown as "***".
std::string FormatFieldValue(const Field& field, const FieldValue& value);

/// True for names of the log client's settings whose values must never be shown.
bool LooksSecret(std::string_view setting);

/// A basic string of TOML, quoted and escaped.
std::string TomlString(std::string_view text);

}  // namespace freshet
