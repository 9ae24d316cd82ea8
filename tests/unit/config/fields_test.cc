#include "config/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/load.h"

namespace freshet {
namespace {

std::string ReadSource(const std::string& path) {
  auto bytes = ReadWholeFile(std::string(FRESHET_SOURCE_DIR) + "/" + path);
  return bytes.ok() ? *bytes : bytes.error().message;
}

TEST(Fields, ReferenceFileNamesEveryKeyWithItsDefault) {
  EXPECT_EQ(ReadSource("config/freshet.toml"), ReferenceToml())
      << "write it anew with: freshet config --reference > config/freshet.toml";
}

TEST(Fields, ReferenceFileLoadsAsTheDefaults) {
  const auto config = LoadConfig({.file = std::string(FRESHET_SOURCE_DIR) + "/config/freshet.toml"});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(EffectiveToml(*config), EffectiveToml(Config()));
}

TEST(Fields, EveryKeyIsDocumentedUniqueAndInASection) {
  std::set<std::string> keys;
  for (const Field& field : AllFields()) {
    EXPECT_TRUE(keys.insert(field.key).second) << field.key;
    EXPECT_NE(field.key.find('.'), std::string::npos) << field.key;
    const bool described_by_section = SectionOf(field.key) == "models.weights";
    EXPECT_TRUE(described_by_section || !field.doc.empty()) << field.key;
    EXPECT_TRUE(CheckField(field, field.get(Config())).ok()) << field.key << ": the default is out of bounds";
  }
}

// Each key's own spelling of a value, set through its text, comes back through its getter and touches no
// other key.
TEST(Fields, SettingOneKeyChangesThatKeyOnly) {
  const std::vector<Field> fields = AllFields();
  for (const Field& field : fields) {
    if (field.kind == FieldKind::kTextTable || field.kind == FieldKind::kNumberTable) continue;
    Config config;
    FieldValue value = field.get(config);
    if (auto* flag = std::get_if<bool>(&value)) *flag = !*flag;
    if (auto* number = std::get_if<std::int64_t>(&value)) *number += 1;
    if (auto* number = std::get_if<double>(&value)) *number += 0.25;
    if (auto* text = std::get_if<std::string>(&value)) {
      *text = field.choices.empty() ? *text + "x" : field.choices[*text == field.choices[0] ? 1 : 0];
    }
    if (auto* list = std::get_if<std::vector<std::int64_t>>(&value)) (*list)[0] += 1;
    field.set(config, value);
    for (const Field& other : fields) {
      const bool same = other.get(config) == other.get(Config());
      EXPECT_EQ(same, other.key != field.key) << "setting " << field.key << " and reading " << other.key;
    }
  }
}

TEST(Fields, EffectiveTomlLoadsBackAsTheSameConfiguration) {
  ConfigSources sources;
  sources.settings = {{"publish.k", "9"},
                      {"models.custom_weights.trailer", "1.5"},
                      {"kafka.common.client.id", "quote\"d"},
                      {"log.format", "json"}};
  const auto config = ParseConfig("", "", sources);
  ASSERT_TRUE(config.ok()) << config.error().message;
  const auto again = ParseConfig(EffectiveToml(*config), "effective", {});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(EffectiveToml(*again), EffectiveToml(*config));
  EXPECT_EQ(again->kafka.common.at("client.id"), "quote\"d");
}

}  // namespace
}  // namespace freshet
