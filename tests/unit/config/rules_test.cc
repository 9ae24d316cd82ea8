#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/fields.h"
#include "config/load.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Config> Parsed(std::string_view toml, const ConfigSources& overrides = {}) {
  return ParseConfig(toml, "shop.toml", overrides);
}

std::string MistakesOf(std::string_view toml) {
  const auto config = Parsed(toml);
  return config.ok() ? "" : config.error().message;
}

TEST(RulesOfTheConfiguration, HaveNamesOfTheUsersOwn) {
  const auto config = Parsed(R"(
    [rules.sale]
    action = "bury"
    amount = 1.5
    topics = ["Toys/Trains", "sale"]
    price_max = 20
    [rules.news]
    action = "pin"
    items = ["sku:1"]
    surfaces = ["for_you"]
    place = 3)",
                             {.environment = {{"FRESHET_RULES__NEWS__COUNT", "2"}},
                              .settings = {{"rules.sale.providers", "ACME,Other"}}});
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_EQ(config->rules.size(), 2u);
  const RuleConfig& sale = config->rules.at("sale");
  EXPECT_EQ(sale.action, RuleAction::kBury);
  EXPECT_EQ(sale.amount, 1.5);
  EXPECT_THAT(sale.topics, ElementsAre("Toys/Trains", "sale"));
  EXPECT_THAT(sale.providers, ElementsAre("ACME", "Other"));
  EXPECT_EQ(sale.price_min, -1);
  EXPECT_EQ(sale.price_max, 20);
  EXPECT_EQ(config->rules.at("news").place, 3);
  EXPECT_EQ(config->rules.at("news").count, 2);
  EXPECT_THAT(EffectiveToml(*config), HasSubstr("rules.sale.topics = [\"Toys/Trains\", \"sale\"]\n"));
}

TEST(RulesOfTheConfiguration, SayWhatIsWrongWithThemAndWhatToWrite) {
  EXPECT_THAT(MistakesOf("[rules.sale]\naction = \"bury\""),
              HasSubstr("rules.sale.action: says of no item; give items, types, topics"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [\"x\"]\nactoin = \"bury\""),
              HasSubstr("unknown key \"rules.sale.actoin\"; did you mean \"rules.sale.action\"?"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [\"x\"]\naction = \"lower\""),
              HasSubstr("\"lower\" is not one of boost, bury, pin, exclude, only"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = \"x\""), HasSubstr("write a list of texts in quotes"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [3]"), HasSubstr("3 is given; write a list of texts"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [\"\"]"), HasSubstr("an entry is empty; leave it out"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [\"x\"]\nsurfaces = [\"hoem\"]"),
              HasSubstr("rules.sale.surfaces: \"hoem\" is not one of for_you"));
  EXPECT_THAT(MistakesOf("[rules.sale]\nprice_min = 9\nprice_max = 8"),
              HasSubstr("shop.toml:3:13: rules.sale.price_max: 8 is below price_min = 9; no price is both"));
  EXPECT_THAT(MistakesOf("[rules.sale]\ntypes = [\"x\"]\namount = 101"), HasSubstr("from 0 to 100"));
  EXPECT_THAT(MistakesOf("[rules.\"a b\"]\ntypes = [\"x\"]"), HasSubstr("use at most 64 letters"));
  EXPECT_THAT(MistakesOf("rules = 3"), HasSubstr("rules"));
}

TEST(RulesOfTheConfiguration, AreBoundedInNumberAndLength) {
  std::string many;
  for (int i = 0; i < 64; ++i) many += "[rules.r" + std::to_string(i) + "]\ntypes = [\"x\"]\n";
  EXPECT_EQ(MistakesOf(many), "");
  EXPECT_THAT(MistakesOf(many + "[rules.one_more]\ntypes = [\"x\"]"), HasSubstr("rules: 65 are given"));
  std::string items = "[rules.long]\nitems = [";
  for (int i = 0; i < 1001; ++i) items += "\"sku:" + std::to_string(i) + "\", ";
  EXPECT_THAT(MistakesOf(items + "]"), HasSubstr("1001 entries given; write at most 1000"));
}

TEST(RulesOfTheConfiguration, StandInTheReferenceWithAllTheirKeys) {
  const std::string reference = ReferenceToml();
  EXPECT_THAT(reference, HasSubstr("\n# [rules.NAME]\n"));
  for (const Field& field : RuleFields("NAME")) {
    EXPECT_FALSE(field.doc.empty()) << field.key;
    EXPECT_THAT(reference, HasSubstr("\n# " + field.key.substr(11) + " = ")) << field.key;
  }
  EXPECT_THAT(EffectiveToml(Config()), Not(HasSubstr("rules.")));
}

}  // namespace
}  // namespace freshet
