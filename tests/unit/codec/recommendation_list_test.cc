#include "codec/recommendation_list.h"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/codec/schema_files.h"

namespace freshet::testing {
namespace {

RecommendedItem ItemAt(std::int32_t rank) {
  RecommendedItem item;
  item.rank = rank;
  item.item_id = "product:" + std::to_string(1000 + rank);
  item.item_type = "product";
  item.title = "Lamp \"Luna\" n\xC2\xB0 " + std::to_string(rank);
  item.score = 0.9 / rank;
  item.score_parts = {{"popularity", 0.3 / rank}, {"transitions", 0.6 / rank}};
  item.sources = {"popular", "transitions"};
  Reason reason{"BECAUSE_YOU_BOUGHT", "transitions", 0.5 / rank, "Because you bought Candle", {}};
  reason.evidence.event_ids = {"e-1", "e-2"};
  reason.evidence.coordinates = {"interactions/0/17"};
  reason.evidence.item_id = "product:7";
  reason.evidence.co_count = 12.25;
  Reason popular{"POPULAR", "popularity", 0.3 / rank, "", {}};
  popular.evidence.count = 1234.5;
  item.reasons = {reason, popular};
  return item;
}

RecommendationList List() {
  RecommendationList list;
  list.request_id = "r-1";
  list.user_id = "u-1";
  list.generated_at = {1'772'442'848'231};
  list.trigger = Trigger{"e-2", "interactions", {3}, {88'123}, 41};
  list.watermark = {1'772'442'847'000};
  list.state_seq = 991'234;
  list.model_name = "hybrid";
  list.model_version = "1";
  list.model_snapshot = "item-model/0@17";
  list.filtered = {30, 2, 1};
  for (std::int32_t rank = 1; rank <= 20; ++rank) list.items.push_back(ItemAt(rank));
  return list;
}

void ExpectValid(const std::string& json) {
  const auto faults = LoadSchema("recommendation.schema.json").Faults(Json::parse(json));
  EXPECT_TRUE(faults.empty()) << faults.front() << "\n" << json;
}

TEST(RecommendationListCodec, FullFormReadsBackWhole) {
  const RecommendationList list = List();
  const std::string json = EncodeRecommendationList(list, Detail::kFull);
  ExpectValid(json);
  const Result<RecommendationList> read = DecodeRecommendationList(json);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(EncodeRecommendationList(*read, Detail::kFull), json);
  EXPECT_EQ(read->trigger->offset, Offset{88'123});
  EXPECT_EQ(read->filtered.seen, 30);
  ASSERT_EQ(read->items.size(), 20U);
  EXPECT_EQ(read->items[2].title, list.items[2].title);
  EXPECT_EQ(read->items[2].score, list.items[2].score) << "exactly";
  EXPECT_EQ(read->items[2].reasons[0].evidence.event_ids, list.items[2].reasons[0].evidence.event_ids);
  EXPECT_EQ(read->items[2].reasons[1].evidence.count, 1234.5);
}

TEST(RecommendationListCodec, TellsWhatPoliciesDidAndNothingWhereTheyDidNothing) {
  const std::string plain = EncodeRecommendationList(List(), Detail::kFull);
  for (const char* name : {"pinned", "propensity", "by_rule", "\"rules\"", "without", "counterfactual"})
    EXPECT_EQ(plain.find(name), std::string::npos) << name;
  RecommendationList list = List();
  list.filtered.by_rule = 4;
  list.without = {"e-1", "product:7"};
  list.items[0].pinned = true;
  list.items[0].counterfactual = Counterfactual{{"e-1"}, "product:9", 4};
  list.items[1].propensity = 0.25;
  auto& parts = list.items[1].score_parts;
  parts.insert(parts.begin() + 1, {"rules", -0.5});  // a reader gives them by name
  Reason demoted{"DEMOTED", "rules", -0.5, "Lowered by configuration: sale", {}};
  demoted.evidence.rules = {"sale"};
  list.items[1].reasons.push_back(demoted);
  for (const Detail detail : {Detail::kFull, Detail::kCompact}) {
    const std::string json = EncodeRecommendationList(list, detail);
    ExpectValid(json);
    const Result<RecommendationList> read = DecodeRecommendationList(json);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(EncodeRecommendationList(*read, detail), json);
    EXPECT_EQ(read->without, list.without);
    EXPECT_TRUE(read->items[0].pinned);
    EXPECT_EQ(read->items[0].counterfactual->remove, std::vector<std::string>{"e-1"});
    EXPECT_EQ(read->items[0].counterfactual->becomes, "product:9");
    EXPECT_EQ(read->items[0].counterfactual->rank_of_original, 4);
    EXPECT_FALSE(read->items[1].pinned);
    EXPECT_EQ(read->items[1].propensity, 0.25);
    EXPECT_EQ(read->filtered.by_rule, detail == Detail::kFull ? 4 : 0);
    EXPECT_EQ(read->items[1].reasons.back().evidence.rules.empty(), detail == Detail::kCompact);
  }
}

TEST(RecommendationListCodec, CompactFormKeepsWhatIsRequiredAndTheReasonsNumbers) {
  const std::string json = EncodeRecommendationList(List(), Detail::kCompact);
  ExpectValid(json);
  EXPECT_LT(json.size() * 2, EncodeRecommendationList(List(), Detail::kFull).size());
  const Result<RecommendationList> read = DecodeRecommendationList(json);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->items[4].score, List().items[4].score);
  EXPECT_EQ(read->items[4].reasons[0].code, "BECAUSE_YOU_BOUGHT");
  EXPECT_EQ(read->items[4].reasons[0].contribution, List().items[4].reasons[0].contribution);
  EXPECT_EQ(read->items[4].reasons[0].text, "");
  EXPECT_TRUE(read->items[4].score_parts.empty());
}

TEST(RecommendationListCodec, AnEmptyListIsValid) {
  RecommendationList list;
  list.request_id = "r";
  list.user_id = "u";
  list.model_name = "m";
  ExpectValid(EncodeRecommendationList(list, Detail::kCompact));
  ExpectValid(EncodeRecommendationList(list, Detail::kFull));
}

TEST(RecommendationListCodec, WritesJsonEvenForScoresThatAreNotNumbers) {
  RecommendationList list = List();
  list.items[0].score = std::nan("");
  list.items[0].score_parts[0].value = INFINITY;
  EXPECT_TRUE(ParseJson(EncodeRecommendationList(list, Detail::kFull)).ok());
}

TEST(RecommendationListCodec, RefusesWhatIsNoWholeNumberWhereOneIsNeeded) {
  for (const char* rank : {"1e300", "1.5", "3000000000", "18446744073709551615", "\"1\"", "true", "[[[]]]"}) {
    Json json = *ParseJson(EncodeRecommendationList(List(), Detail::kFull));
    json["items"][0]["rank"] = *ParseJson(rank);
    const auto read = DecodeRecommendationList(json.dump());
    ASSERT_FALSE(read.ok()) << rank;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(RecommendationListCodec, EscapesTheNamesOfParts) {
  RecommendationList list = List();
  list.items[0].score_parts = {{"a\b\"c", 0.5}};
  const auto read = DecodeRecommendationList(EncodeRecommendationList(list, Detail::kFull));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->items[0].score_parts[0].name, "a\b\"c");
}

TEST(RecommendationListCodec, SaysWhatIsWrong) {
  for (const char* json : {"{", "[]", "{}", R"({"request_id":1})"}) {
    const auto read = DecodeRecommendationList(json);
    ASSERT_FALSE(read.ok()) << json;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace freshet::testing
