// What people read of the configuration, config/freshet.toml and README.md, beside the registry of the keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "config/fields.h"
#include "config/load.h"

namespace freshet {
namespace {

using ::testing::MatchesRegex;

std::vector<std::string> LinesOf(const std::string& path) {
  const auto bytes = ReadWholeFile(std::string(FRESHET_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(bytes.ok()) << path;
  std::istringstream in(bytes.ok() ? *bytes : "");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::map<std::string, std::string> Defaults() {
  std::map<std::string, std::string> defaults;
  for (const Field& field : AllFields()) defaults[field.key] = FormatFieldValue(field, field.get(Config()));
  return defaults;
}

/// A key of config/freshet.toml as it stands there.
struct ReferenceKey {
  std::string value;
  std::string comment;  // of the key; where it has none, of its section
};

std::map<std::string, ReferenceKey> ReferenceKeys() {
  std::map<std::string, ReferenceKey> keys;
  std::string section;
  std::string section_comment;
  std::string comment;
  for (const std::string& line : LinesOf("config/freshet.toml")) {
    const std::size_t equals = line.find(" = ");
    if (line.starts_with("#")) {
      comment += line.substr(1) + "\n";
    } else if (line.starts_with("[")) {
      section = line.substr(1, line.find(']') - 1);
      section_comment = std::exchange(comment, "");
    } else if (equals != std::string::npos) {
      keys[section + "." + line.substr(0, equals)] = {line.substr(equals + 3),
                                                      comment.empty() ? section_comment : comment};
      comment.clear();
    } else {
      comment.clear();
    }
  }
  return keys;
}

TEST(Reference, EveryKeyHasItsDefaultItsUnitAndItsReason) {
  const auto keys = ReferenceKeys();
  const std::regex duration("\"[0-9]+(ms|s|m|h|d)\"");
  const std::regex size("\"[0-9]+(B|KiB|MiB|GiB)\"");
  std::size_t plain = 0;
  for (const Field& field : AllFields()) {
    if (field.kind == FieldKind::kTextTable || field.kind == FieldKind::kNumberTable) continue;
    ++plain;
    ASSERT_TRUE(keys.contains(field.key)) << field.key;
    const auto& [value, comment] = keys.at(field.key);
    EXPECT_EQ(value, FormatFieldValue(field, field.get(Config()))) << field.key;
    std::istringstream words(comment);
    const auto count = std::distance(std::istream_iterator<std::string>(words), {});
    EXPECT_GE(count, 4) << field.key << " says hardly anything:" << comment;
    const bool weight = SectionOf(field.key) == "models.weights";
    const bool number = field.kind == FieldKind::kInteger || field.kind == FieldKind::kReal;
    const bool has_unit = field.kind == FieldKind::kDuration ? std::regex_match(value, duration)
                          : field.kind == FieldKind::kSize   ? std::regex_match(value, size)
                          : weight ? comment.find("In units of") != std::string::npos
                                   : true;  // a plain number counts what its comment names
    EXPECT_TRUE(has_unit) << field.key;
    const bool has_bounds = !number || weight || comment.find(" From ") != std::string::npos;
    EXPECT_TRUE(has_bounds) << field.key << " does not say how far it may go";
  }
  EXPECT_EQ(plain, keys.size()) << "config/freshet.toml has keys that the program has not";
}

std::vector<std::string> CellsOf(const std::string& row) {
  std::vector<std::string> cells;
  std::istringstream in(row.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(' ');
    if (first != std::string::npos)
      cells.push_back(cell.substr(first, cell.find_last_not_of(' ') - first + 1));
  }
  return cells;
}

/// "`a`, `b`" as a and b; a cell without quotes as it is.
std::vector<std::string> Quoted(const std::string& cell) {
  std::vector<std::string> found;
  const std::regex quoted("`([^`]*)`");
  for (std::sregex_iterator at(cell.begin(), cell.end(), quoted), end; at != end; ++at)
    found.push_back((*at)[1]);
  return found.empty() ? std::vector<std::string>{cell} : found;
}

/// A value without the quotes and brackets of TOML, as people write it.
std::string Plain(std::string value) {
  std::erase_if(value, [](char c) { return c == '"' || c == '[' || c == ']'; });
  return value.empty() ? "empty" : value;
}

/// The rows of the table under "## Configuration": key to default.
std::vector<std::pair<std::string, std::string>> ReadmeRows() {
  std::vector<std::pair<std::string, std::string>> rows;
  bool inside = false;
  for (const std::string& line : LinesOf("README.md")) {
    if (line.starts_with("## ")) inside = line == "## Configuration";
    if (!inside || !line.starts_with("| `")) continue;
    const auto cells = CellsOf(line);
    const auto keys = Quoted(cells.at(0));
    const auto values = Quoted(cells.at(1));
    EXPECT_EQ(keys.size(), values.size()) << line;
    for (std::size_t i = 0; i < keys.size() && i < values.size(); ++i) rows.emplace_back(keys[i], values[i]);
  }
  return rows;
}

TEST(Reference, TheTableOfTheReadmeTellsTheDefaults) {
  const auto defaults = Defaults();
  const auto rows = ReadmeRows();
  EXPECT_GE(rows.size(), 15U) << "the table was not found";
  for (const auto& [name, told] : rows) {
    std::string key = name;
    std::string value = told;
    // "models.weights.*" shows one of its keys: "purchase = 8.0".
    const bool example = key.ends_with(".*");
    if (example) {
      ASSERT_THAT(told, MatchesRegex("[a-z_]+ = .*")) << name;
      key = key.substr(0, key.size() - 1) + told.substr(0, told.find(' '));
      value = told.substr(told.find(" = ") + 3);
    }
    ASSERT_TRUE(defaults.contains(key)) << "README.md tells of a key that is not there: " << key;
    EXPECT_EQ(value, Plain(defaults.at(key))) << key;
  }
}

TEST(Reference, ComposeSetsNothingButKeys) {
  ConfigSources sources;
  const std::regex variable(" +(FRESHET_[A-Z0-9_]+): (.*)");
  for (const std::string& line : LinesOf("compose/docker-compose.yml")) {
    std::smatch found;
    if (std::regex_match(line, found, variable)) sources.environment.emplace_back(found[1], found[2]);
  }
  EXPECT_GE(sources.environment.size(), 4U);
  for (const auto& [name, value] : sources.environment) {
    EXPECT_NE(name.find("__"), std::string::npos) << name << " is not read as a key";
  }
  const auto config = LoadConfig(sources);
  EXPECT_TRUE(config.ok()) << config.error().message;
}

}  // namespace
}  // namespace freshet
