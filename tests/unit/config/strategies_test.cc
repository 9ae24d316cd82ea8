#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/fields.h"
#include "config/load.h"
#include "rank/list_builder.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

Result<Config> Parsed(std::string_view toml) { return ParseConfig(toml, "shop.toml", {}); }

TEST(Strategies, WeighPartsOfTheRanker) {
  RankOptions all;
  all.next_item_net = true;
  all.allow_repeats = true;
  all.content = true;
  all.segments = true;
  all.whole_history = true;
  const ListBuilder builder(all);
  const auto names = builder.PartNames();
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()),
            std::set<std::string_view>(kScoreParts.begin(), kScoreParts.end()));
}

TEST(Strategies, TakeTheirWeightsFromTheConfiguration) {
  const auto config = Parsed(
      "[strategies.trending]\nnewer_than = \"30d\"\n[strategies.trending.weights]\n"
      "popularity_medium = 2\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  const std::size_t trending =
      static_cast<std::size_t>(std::find(kSurfaces.begin(), kSurfaces.end(), "trending") - kSurfaces.begin());
  const StrategyConfig& strategy = config->strategies.by_surface[trending];
  EXPECT_EQ(strategy.weights, (std::map<std::string, double>{{"popularity_medium", 2}}));
  EXPECT_EQ(strategy.newer_than, std::chrono::hours(24 * 30));
}

TEST(Strategies, SayWhatIsWrongWithThem) {
  const auto unknown = Parsed("[strategies.new.weights]\npopularity = 1");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(
      unknown.error().message,
      HasSubstr("strategies.new.weights.popularity: there is no such part; write one of transitions"));
  const auto off = Parsed("[strategies.new.weights]\nnext_item_net = 1");
  ASSERT_FALSE(off.ok());
  EXPECT_THAT(off.error().message, HasSubstr("it is off; set models.next_item_net = true"));
  EXPECT_TRUE(Parsed("models.next_item_net = true\n[strategies.new.weights]\nnext_item_net = 1").ok());
  EXPECT_FALSE(Parsed("[strategies.new.weights]\nreturns = 1").ok());
  const auto strange = Parsed("[strategies.news]\npast = \"all\"");
  ASSERT_FALSE(strange.ok());
  EXPECT_THAT(strange.error().message, HasSubstr("did you mean \"strategies.new"));
}

}  // namespace
}  // namespace freshet
