#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/fields.h"
#include "config/load.h"
#include "rank/list_builder.h"

namespace freshet {
namespace {

TEST(Challenger, IsAGeneratorOfTheRanker) {
  RankOptions all;
  all.next_item_net = true;
  const ListBuilder builder(all);
  const std::vector<Field> fields = AllFields();
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [](const Field& each) { return each.key == "evaluation.challenger"; });
  ASSERT_NE(field, fields.end());
  ASSERT_GE(field->choices.size(), 5U);
  for (const std::string& choice : field->choices) {
    Config config;
    field->set(config, choice);
    const std::string& name = config.evaluation.challenger;
    if (choice == "none") {
      EXPECT_EQ(name, "");
      continue;
    }
    const auto generators = builder.Generators();
    EXPECT_TRUE(std::any_of(generators.begin(), generators.end(), [&](const GeneratorInfo& generator) {
      return generator.name == name;
    })) << choice;
  }
}

TEST(Challenger, CannotBeANetworkThatIsOff) {
  ConfigSources sources;
  sources.environment = {{"FRESHET_EVALUATION__CHALLENGER", "next_item_net"}};
  const auto refused = LoadConfig(sources);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, testing::HasSubstr("set models.next_item_net = true"));
  sources.environment.emplace_back("FRESHET_MODELS__NEXT_ITEM_NET", "true");
  EXPECT_TRUE(LoadConfig(sources).ok());
}

}  // namespace
}  // namespace freshet
