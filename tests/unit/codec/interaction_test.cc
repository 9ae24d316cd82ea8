#include "codec/interaction.h"

#include "unit/codec/decoding.h"

namespace freshet::testing {
namespace {

constexpr std::string_view kEnrol =
    R"({"event_id":"01J9Z7Q3W5","user_id":"u-42","item_id":"course:k8s-basics","type":"enrol",)"
    R"("occurred_at":"2026-03-02T09:14:07Z","request_id":"r-8f2","position":2,"surface":"for_you",)"
    R"("session_id":"s-9","context":{"country":"DE","device":"mobile"}})";

class InteractionDecoding : public Decoding {
 protected:
  Interaction Accept(std::string_view value) { return Decoding::Accept<Interaction>("interactions", value); }
  Rejection Refuse(std::string_view value) { return Decoding::Refuse("interactions", value); }
  /// A valid view with one more member.
  std::string With(std::string_view member) {
    return R"({"user_id":"u","item_id":"i","type":"view",)" + std::string(member) + "}";
  }
};

TEST_F(InteractionDecoding, ReadsEveryField) {
  const Interaction event = Accept(kEnrol);
  EXPECT_EQ(event.event_id, "01J9Z7Q3W5");
  EXPECT_EQ(event.user_id, "u-42");
  EXPECT_EQ(event.item_id, "course:k8s-basics");
  EXPECT_EQ(event.type, InteractionType::kEnrol);
  EXPECT_EQ(event.occurred_at, Timestamp{1'772'442'847'000});
  EXPECT_EQ(event.request_id, "r-8f2");
  EXPECT_EQ(event.list_position, 2);
  EXPECT_EQ(event.surface, "for_you");
  EXPECT_EQ(event.session_id, "s-9");
}

TEST_F(InteractionDecoding, KeepsTheCountryOfTheContextAndNothingElseOfIt) {
  EXPECT_EQ(Accept(kEnrol).country, "DE");
  for (const char* other : {R"("context":{"country":"Germany"})", R"("context":{"country":49})",
                            R"("context":{"locale":"de"})", R"("context":{})", R"("context":null)"}) {
    EXPECT_EQ(Accept(With(other)).country, "") << other;
  }
}

TEST_F(InteractionDecoding, WritesTheCountryItRead) {
  const Interaction event = Accept(kEnrol);
  EXPECT_EQ(Accept(EncodeEvent(event)), event);
}

TEST_F(InteractionDecoding, ReadsMoneyAndQuantity) {
  const Interaction event =
      Accept(With(R"("value":3,"value_kind":"count","price":2.55,"currency":"GBP","tenant":"shop")"));
  EXPECT_EQ(event.value, 3.0);
  EXPECT_EQ(event.value_kind, ValueKind::kCount);
  EXPECT_EQ(event.price, 2.55);
  EXPECT_EQ(event.currency, "GBP");
  EXPECT_EQ(event.tenant, "shop");
}

TEST_F(InteractionDecoding, KeepsAMissingTimeMissing) {
  EXPECT_FALSE(Accept(R"({"user_id":"u","item_id":"i","type":"view"})").occurred_at.has_value());
  EXPECT_FALSE(Accept(With(R"("occurred_at":null)")).occurred_at.has_value());
}

TEST_F(InteractionDecoding, IgnoresUnknownFieldsButWantsThemToBeJson) {
  Accept(With(R"("new":{"a":[1,2.5e3,true,false,null,"x\u00e9"]},"other":-0.5)"));
  for (const char* bad :
       {R"("new":NaN)", R"("new":[1,Infinity])", R"("new":tru)", R"("new":nul)", R"("new":01)",
        R"("new":"\x")", R"("new":{"a":1.})", R"("new":{"a" 1})", R"("new":[1 2])", R"("new":+1)",
        R"("new":1e999)", R"("new":"\ud800")", R"("new":falsey)"}) {
    const Rejection rejection = Refuse(With(bad));
    EXPECT_EQ(rejection.reason_code, "not_json") << bad;
    EXPECT_EQ(rejection.path.substr(0, 4), "/new") << bad;
  }
}

TEST_F(InteractionDecoding, UsesTheAnonymousIdForAnUnknownVisitor) {
  const Interaction event = Accept(R"({"anonymous_id":"a-1","item_id":"i","type":"view"})");
  EXPECT_EQ(event.user_id, "a-1");
  EXPECT_EQ(event.anonymous_id, "a-1");
  EXPECT_EQ(Refuse(R"({"item_id":"i","type":"view"})").path, "/user_id");
}

TEST_F(InteractionDecoding, IdentifyNeedsBothIdsAndNoItem) {
  Accept(R"({"user_id":"u","anonymous_id":"a","type":"identify"})");
  EXPECT_EQ(Refuse(R"({"user_id":"u","type":"identify"})").path, "/anonymous_id");
  EXPECT_EQ(Refuse(R"({"anonymous_id":"a","type":"identify"})").path, "/user_id");
}

TEST_F(InteractionDecoding, SearchNeedsNoItem) {
  EXPECT_EQ(Accept(R"({"user_id":"u","type":"search","query":"red shoes"})").query, "red shoes");
  EXPECT_EQ(Refuse(R"({"user_id":"u","type":"click"})").path, "/item_id");
}

TEST_F(InteractionDecoding, RetractAndRetractsGoTogether) {
  EXPECT_EQ(Accept(R"({"user_id":"u","item_id":"i","type":"retract","retracts":"e-1"})").retracts, "e-1");
  EXPECT_EQ(Refuse(R"({"user_id":"u","item_id":"i","type":"retract"})").path, "/retracts");
  EXPECT_EQ(Refuse(With(R"("retracts":"e-1")")).path, "/retracts");
}

TEST_F(InteractionDecoding, RefusesUnknownTypesUnlessConfigured) {
  const std::string wishlist = R"({"user_id":"u","item_id":"i","type":"wishlist"})";
  const Rejection rejection = Refuse(wishlist);
  EXPECT_EQ(rejection.reason_code, "unknown_type");
  EXPECT_EQ(rejection.path, "/type");
  EXPECT_THAT(rejection.message, ::testing::HasSubstr("wishlist"));
  DecoderOptions options;
  options.custom_interaction_types = {"wishlist"};
  UseOptions(options);
  const Interaction event = Accept(wishlist);
  EXPECT_EQ(event.type, InteractionType::kCustom);
  EXPECT_EQ(event.custom_type, "wishlist");
}

TEST_F(InteractionDecoding, SaysWhatIsWrongWithAType) {
  Rejection rejection = Refuse(With(R"("value":"4,5")"));
  EXPECT_EQ(rejection.reason_code, "schema");
  EXPECT_EQ(rejection.path, "/value");
  EXPECT_EQ(rejection.message, R"(expected a number, got string "4,5")");
  EXPECT_EQ(rejection.fix_hint, "use a decimal point: 4.5");
  rejection = Refuse(R"({"user_id":42,"item_id":"i","type":"view"})");
  EXPECT_EQ(rejection.message, "expected a string, got number 42");
  EXPECT_EQ(rejection.fix_hint, "put it in quotes: \"42\"");
}

TEST_F(InteractionDecoding, BoundsIdsByBytes) {
  Accept(With(R"("event_id":")" + std::string(256, 'x') + "\""));
  EXPECT_EQ(Refuse(With(R"("event_id":")" + std::string(257, 'x') + "\"")).path, "/event_id");
  std::string umlauts;
  for (int i = 0; i < 129; ++i) umlauts += "\xC3\xBC";
  EXPECT_EQ(Refuse(With(R"("event_id":")" + umlauts + "\"")).path, "/event_id");
  EXPECT_EQ(Refuse(With(R"("event_id":"")")).path, "/event_id");
}

TEST_F(InteractionDecoding, SeparatesBadTimesFromBadTypes) {
  EXPECT_EQ(Accept(With(R"("occurred_at":1772442847000)")).occurred_at, Timestamp{1'772'442'847'000});
  EXPECT_EQ(Accept(With(R"("occurred_at":1.5e12)")).occurred_at, Timestamp{1'500'000'000'000});
  for (const char* bad :
       {R"("occurred_at":"yesterday")", R"("occurred_at":-1)", R"("occurred_at":1772442847000000)",
        R"("occurred_at":1.5)", R"("occurred_at":"2201-01-01T00:00:00Z")"}) {
    EXPECT_EQ(Refuse(With(bad)).reason_code, "bad_time") << bad;
  }
  EXPECT_EQ(Refuse(With(R"("occurred_at":true)")).reason_code, "schema");
}

TEST_F(InteractionDecoding, PositionIsAWholeNumber) {
  EXPECT_EQ(Accept(With(R"("position":0)")).list_position, 0);
  EXPECT_EQ(Accept(With(R"("position":2.0)")).list_position, 2);
  for (const char* bad : {R"("position":-1)", R"("position":1.5)", R"("position":1e300)"}) {
    EXPECT_EQ(Refuse(With(bad)).path, "/position") << bad;
  }
}

TEST_F(InteractionDecoding, BoundsProperties) {
  std::string members;
  for (int i = 0; i < 50; ++i) members += "\"k" + std::to_string(i) + "\":1,";
  Accept(With(R"("properties":{)" + members.substr(0, members.size() - 1) + "}"));
  EXPECT_EQ(Refuse(With(R"("properties":{)" + members + R"("k50":1})")).path, "/properties");
}

TEST_F(InteractionDecoding, CountsARepeatedNameTheLastTime) {
  EXPECT_EQ(Accept(With(R"("user_id":"v","user_id":"w")")).user_id, "w");
  EXPECT_FALSE(Accept(With(R"("value":1,"value":null)")).value.has_value());
}

TEST_F(InteractionDecoding, ReadsNamesWithEscapes) {
  EXPECT_EQ(Accept(R"({"user\u005fid":"u","item_id":"i","type":"view"})").user_id, "u");
}

TEST_F(InteractionDecoding, PointsIntoNestedFaults) {
  EXPECT_EQ(Refuse(With(R"("properties":{"a/b":[1,{"c~":NaN}]})")).path, "/properties/a~1b/1/c~0");
}

TEST_F(InteractionDecoding, ReadsBackWhatItWrites) {
  const Interaction event =
      Accept(With(R"("value":0.1,"value_kind":"fraction","price":-2,"currency":"EUR",)"
                  R"("occurred_at":17,"query":"\"q\"\n","position":7,"anonymous_id":"a")"));
  EXPECT_EQ(Accept(EncodeEvent(event)), event);
}

TEST(InteractionTypes, HaveNamesBothWays) {
  for (int i = 0; i < static_cast<int>(InteractionType::kCustom); ++i) {
    const auto type = static_cast<InteractionType>(i);
    EXPECT_EQ(FindInteractionType(InteractionTypeName(type)), type);
  }
  EXPECT_FALSE(FindInteractionType("custom").has_value());
}

}  // namespace
}  // namespace freshet::testing
