#include "config/load.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "base/format.h"
#include "config/fields.h"
#include "config/nearest.h"

extern char** environ;

namespace freshet {
namespace {

Error Invalid(std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); }

std::string NativeType(const Field& field) {
  switch (field.kind) {
    case FieldKind::kBool:
      return "true or false";
    case FieldKind::kInteger:
      return "a whole number";
    case FieldKind::kReal:
      return "a number";
    case FieldKind::kText:
    case FieldKind::kChoice:
      return "a text in quotes";
    case FieldKind::kDuration:
      return "a duration in quotes, as in \"100ms\" or \"7d\"";
    case FieldKind::kSize:
      return "a number of bytes or a size in quotes, as in \"64MiB\"";
    case FieldKind::kDurations:
      return fmt::format("a list of {} durations in quotes", field.count);
    case FieldKind::kTexts:
      return "a list of texts in quotes";
    case FieldKind::kTextTable:
    case FieldKind::kNumberTable:
      return "a table";
  }
  return "";
}

std::optional<std::string> ScalarText(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto integer = node.value_exact<std::int64_t>()) return fmt::format("{}", *integer);
  if (const auto real = node.value_exact<double>()) return fmt::format("{}", *real);
  if (const auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  return std::nullopt;
}

std::string Shown(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return TomlString(*text);
  if (const auto scalar = ScalarText(node)) return *scalar;
  if (node.is_array()) return "a list";
  return node.is_table() ? "a table" : "a date or a time";
}

Error WrongType(const Field& field, const toml::node& node) {
  return Invalid(fmt::format("{} is given; write {}", Shown(node), NativeType(field)));
}

Result<FieldValue> ConvertList(const Field& field, const toml::array& list) {
  std::vector<std::string> texts;
  for (const toml::node& element : list) {
    const auto text = element.value_exact<std::string>();
    if (!text) return WrongType(field, element);
    texts.push_back(*text);
  }
  if (field.kind == FieldKind::kTexts) return FieldValue(std::move(texts));
  return ParseFieldText(field, fmt::format("{}", fmt::join(texts, ",")));
}

// A value as TOML types it; texts of durations and sizes are read as in the environment.
Result<FieldValue> ConvertNode(const Field& field, const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  const auto integer = node.value_exact<std::int64_t>();
  const auto real = node.value_exact<double>();
  const auto flag = node.value_exact<bool>();
  const bool takes_text = field.kind == FieldKind::kText || field.kind == FieldKind::kChoice ||
                          field.kind == FieldKind::kDuration || field.kind == FieldKind::kSize;
  if (takes_text && text) return ParseFieldText(field, *text);
  if (field.kind == FieldKind::kBool && flag) return FieldValue(*flag);
  const bool takes_integer = field.kind == FieldKind::kInteger || field.kind == FieldKind::kSize;
  if (takes_integer && integer) return FieldValue(*integer);
  if (field.kind == FieldKind::kDuration && integer == 0) return FieldValue(std::int64_t{0});
  if (field.kind == FieldKind::kReal && real) return FieldValue(*real);
  if (field.kind == FieldKind::kReal && integer) return FieldValue(static_cast<double>(*integer));
  const bool takes_list = field.kind == FieldKind::kDurations || field.kind == FieldKind::kTexts;
  if (takes_list && node.is_array()) return ConvertList(field, *node.as_array());
  return WrongType(field, node);
}

/// Reads the sources into one Config and collects every mistake.
class Loader final {
 public:
  Loader() {
    for (Field& field : AllFields()) Add(std::move(field));
  }

  /// `name` stands for the text in messages.
  void ReadToml(std::string_view text, const std::string& name) {
    file_ = name;
    try {
      ReadTable("", toml::parse(text, name));
    } catch (const toml::parse_error& e) {
      const auto& at = e.source().begin;
      AddError(fmt::format("{}:{}:{}: not TOML: {}", name, at.line, at.column, e.description()));
    }
  }

  Result<void> ReadFile(const std::string& path) {
    if (path.empty()) return {};
    FRESHET_TRY(const std::string text, ReadWholeFile(path));
    ReadToml(text, path);
    return {};
  }

  void ReadTable(const std::string& prefix, const toml::table& table) {
    for (const auto& [key, node] : table) ReadNode(prefix + std::string(key.str()), key, node);
  }

  void ReadEnvironment(const std::vector<NameValue>& variables) {
    for (const auto& [variable, text] : variables) {
      const std::string_view name(variable);
      if (!name.starts_with("FRESHET_")) continue;
      if (name.find("__") == std::string_view::npos) {
        RefuseSlip(variable);
        continue;
      }
      SetText(KeyOfVariable(name.substr(8)), text, variable);
    }
  }

  void ReadSettings(const std::vector<NameValue>& settings) {
    for (const auto& [key, text] : settings) SetText(key, text, "--set " + key);
  }

  void AddError(std::string line) { errors_.push_back(std::move(line)); }

  Result<Config> Finish() {
    if (errors_.empty()) {
      for (const Mistake& mistake : CheckTogether(config_)) AddError(WithPlaces(mistake));
    }
    if (!errors_.empty()) return Invalid(fmt::format("{}", fmt::join(errors_, "\n")));
    return config_;
  }

 private:
  void Add(Field field) {
    keys_.push_back(field.key);
    for (std::string name = field.key; name.find('.') != std::string::npos;) {
      name = SectionOf(name);
      if (std::find(sections_.begin(), sections_.end(), name) == sections_.end()) sections_.push_back(name);
    }
    fields_.push_back(std::move(field));
  }

  // A key of a rule that was not met before brings this rule's keys.
  void MeetRule(const std::string& key) {
    if (!key.starts_with("rules.")) return;
    const std::string name = key.substr(6, key.find('.', 6) - 6);
    if (config_.rules.contains(name)) return;
    config_.rules[name];
    for (Field& field : RuleFields(name)) Add(std::move(field));
  }

  const Field* Find(const std::string& key) const {
    const auto found =
        std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.key == key; });
    return found == fields_.end() ? nullptr : &*found;
  }

  bool IsSection(const std::string& name) const {
    return std::find(sections_.begin(), sections_.end(), name) != sections_.end();
  }

  std::string Place(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", file_, region.begin.line, region.begin.column);
  }

  void ReadNode(const std::string& key, const toml::key& name, const toml::node& node) {
    MeetRule(key);
    const Field* field = Find(key);
    if (field == nullptr && (IsSection(key) || key == "rules") && node.is_table())
      return ReadTable(key + ".", *node.as_table());
    if (field == nullptr && IsSection(key)) {
      return AddError(fmt::format("{}: {} is a section; write [{}]", Place(node.source()), key, key));
    }
    if (field == nullptr) return AddUnknown(Place(name.source()), key);
    const bool table = field->kind == FieldKind::kTextTable || field->kind == FieldKind::kNumberTable;
    if (table && node.is_table()) return ReadEntries(*field, "", *node.as_table());
    Take(*field, ConvertNode(*field, node), Place(node.source()));
  }

  // Names with dots may be written quoted or not: "security.protocol" = ... or security.protocol = ...
  void ReadEntries(const Field& field, const std::string& prefix, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (node.is_table()) {
        ReadEntries(field, name + ".", *node.as_table());
      } else if (const auto text = ScalarText(node)) {
        SetEntry(field, name, *text, Place(node.source()));
      } else {
        AddError(fmt::format("{}: {}.{}: write a text or a number", Place(node.source()), field.key, name));
      }
    }
  }

  void SetEntry(const Field& field, std::string name, std::string text, const std::string& place) {
    FieldValue value = field.get(config_);
    if (field.kind == FieldKind::kNumberTable) {
      const auto number = ParseFieldText({.key = field.key, .kind = FieldKind::kReal}, text);
      if (!number)
        return AddError(fmt::format("{}: {}.{}: {}", place, field.key, name, number.error().message));
      std::get<NumberTable>(value)[name] = std::get<double>(*number);
      return Take(field, value, place);
    }
    if (name.ends_with("_file")) {
      const auto secret = ReadWholeFile(text);
      if (!secret)
        return AddError(fmt::format("{}: {}.{}: {}", place, field.key, name, secret.error().message));
      name.resize(name.size() - std::strlen("_file"));
      text = secret->substr(0, secret->find_last_not_of("\r\n") + 1);
    }
    std::get<TextTable>(value)[name] = std::move(text);
    Take(field, value, place);
  }

  void SetText(const std::string& key, const std::string& text, const std::string& place) {
    MeetRule(key);
    if (const Field* field = Find(key)) return Take(*field, ParseFieldText(*field, text), place);
    for (const Field& field : fields_) {
      const bool table = field.kind == FieldKind::kTextTable || field.kind == FieldKind::kNumberTable;
      if (table && key.starts_with(field.key + ".")) {
        return SetEntry(field, key.substr(field.key.size() + 1), text, place);
      }
    }
    AddUnknown(place, key);
  }

  void Take(const Field& field, Result<FieldValue> value, const std::string& place) {
    if (value.ok()) {
      if (const auto checked = CheckField(field, *value); !checked) value = checked.error();
    }
    if (!value.ok()) return AddError(fmt::format("{}: {}: {}", place, field.key, value.error().message));
    field.set(config_, *value);
    places_[field.key] = place;
  }

  // Where the keys behind a mistake were set; defaults have no place.
  std::string WithPlaces(const Mistake& mistake) const {
    std::vector<std::string> places;
    for (const std::string& key : mistake.keys) {
      if (const auto set = places_.find(key); set != places_.end()) places.push_back(set->second);
    }
    if (places.empty()) return mistake.message;
    return fmt::format("{}: {}", fmt::join(places, ", "), mistake.message);
  }

  void AddUnknown(const std::string& place, const std::string& key) {
    std::string nearest = Nearest(key, keys_);
    if (nearest.empty()) nearest = Nearest(key, sections_);
    for (const std::string& known : keys_) {  // the right name in the wrong section
      if (nearest.empty() && known.substr(known.rfind('.') + 1) == key.substr(key.rfind('.') + 1))
        nearest = known;
    }
    AddError(fmt::format(
        "{}: unknown key \"{}\"; {}", place, key,
        nearest.empty() ? "config/freshet.toml names them all" : "did you mean \"" + nearest + "\"?"));
  }

  // FRESHET_PUBLISH_K is a slip for FRESHET_PUBLISH__K. Other names without "__" belong to others.
  void RefuseSlip(const std::string& variable) {
    for (const std::string& key : keys_) {
      std::string right = "FRESHET_";
      std::string slip = right;
      for (const char c : key) {
        const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        right += c == '.' ? std::string("__") : std::string(1, upper);
        slip += c == '.' ? '_' : upper;
      }
      if (variable == slip) return AddError(fmt::format("{}: is not read; write {}", variable, right));
    }
  }

  // FRESHET_MODELS__MIX__LEARN_FRACTION is models.mix.learn_fraction. Below a table of the log client's
  // settings an underscore stands for a dot, because shells allow none in names:
  // ..._COMMON__SASL_PASSWORD_FILE.
  std::string KeyOfVariable(std::string_view name) const {
    std::string key;
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool separator = name.substr(i, 2) == "__";
      key.push_back(separator ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(name[i]))));
      if (separator) ++i;
    }
    for (const Field& field : fields_) {
      if (field.kind != FieldKind::kTextTable || !key.starts_with(field.key + ".")) continue;
      const std::size_t suffix = key.ends_with("_file") ? key.size() - 5 : key.size();
      const auto begin = key.begin() + static_cast<std::ptrdiff_t>(field.key.size());
      std::replace(begin, key.begin() + static_cast<std::ptrdiff_t>(suffix), '_', '.');
    }
    return key;
  }

  std::string file_;
  std::vector<Field> fields_;
  std::vector<std::string> keys_;
  std::vector<std::string> sections_;
  std::vector<std::string> errors_;
  std::map<std::string, std::string> places_;  // of each key that was set: where the last time
  Config config_;
};

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return MakeError(code, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad())
    return MakeError(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return bytes;
}

Result<Config> ParseConfig(std::string_view toml, const std::string& name, const ConfigSources& overrides) {
  Loader loader;
  loader.ReadToml(toml, name);
  loader.ReadEnvironment(overrides.environment);
  loader.ReadSettings(overrides.settings);
  return loader.Finish();
}

Result<Config> LoadConfig(const ConfigSources& sources) {
  Loader loader;
  FRESHET_CHECK(loader.ReadFile(sources.profile));
  FRESHET_CHECK(loader.ReadFile(sources.file));
  loader.ReadEnvironment(sources.environment);
  loader.ReadSettings(sources.settings);
  return loader.Finish();
}

std::vector<NameValue> FreshetEnvironment() {
  std::vector<NameValue> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (!text.starts_with("FRESHET_") || equals == std::string_view::npos) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace freshet
