#include "base/base64.h"
#include "codec/event_fields.h"
#include "unit/codec/decoding.h"

namespace freshet::testing {
namespace {

constexpr std::string_view kView = R"({"user_id":"u","item_id":"i","type":"view"})";

class Doors : public Decoding {
 protected:
  static std::string Wrapped(std::string_view members, std::string_view data = kView) {
    return R"({"specversion":"1.0","id":"ce-1","source":"/shop","type":"shop.viewed",)" +
           std::string(members) + R"("data":)" + std::string(data) + "}";
  }
  static std::vector<Header> Binary(std::vector<Header> more = {}) {
    more.insert(
        more.begin(),
        {{"ce_specversion", "1.0"}, {"ce_id", "ce-1"}, {"ce_source", "/shop"}, {"ce_type", "shop.viewed"}});
    return more;
  }
};

TEST_F(Doors, StructuredFillsIdAndTimeWhereTheDataHasNone) {
  Interaction event = Accept<Interaction>("interactions", Wrapped(R"("time":"2026-03-02T09:14:07Z",)"));
  EXPECT_EQ(event.event_id, "ce-1");
  EXPECT_EQ(event.occurred_at, Timestamp{1'772'442'847'000});
  event = Accept<Interaction>(
      "interactions",
      Wrapped(R"("time":"2026-03-02T09:14:07Z",)",
              R"({"event_id":"own","occurred_at":5,"user_id":"u","item_id":"i","type":"view"})"));
  EXPECT_EQ(event.event_id, "own");
  EXPECT_EQ(event.occurred_at, Timestamp{5});
}

TEST_F(Doors, StructuredFillsTheTimeOfEveryEventType) {
  const std::string time = R"("time":"1970-01-01T00:00:09Z",)";
  EXPECT_EQ(Accept<Rating>("ratings", Wrapped(time, R"({"user_id":"u","item_id":"i","rating":3})")).rated_at,
            Timestamp{9000});
  EXPECT_EQ(
      Accept<CatalogueItem>("catalogue", Wrapped(time, R"({"item_id":"i","item_type":"t","title":"x"})"))
          .updated_at,
      Timestamp{9000});
}

TEST_F(Doors, StructuredAttributesMayStandAfterTheData) {
  const std::string late = R"({"data":)" + std::string(kView) +
                           R"(,"type":"t","source":"s","id":"ce-9","specversion":"1.0","extension":{"a":1}})";
  EXPECT_EQ(Accept<Interaction>("interactions", late).event_id, "ce-9");
}

TEST_F(Doors, StructuredPointsIntoTheData) {
  const Rejection rejection =
      Refuse("interactions", Wrapped("", R"({"user_id":7,"item_id":"i","type":"view"})"));
  EXPECT_EQ(rejection.path, "/data/user_id");
  EXPECT_EQ(rejection.adapter, "cloudevents-structured");
}

TEST_F(Doors, StructuredReadsBase64Data) {
  const std::string wrapped = R"({"specversion":"1.0","id":"ce-1","source":"s","type":"t","data_base64":")" +
                              EncodeBase64(kView) + "\"}";
  EXPECT_EQ(Accept<Interaction>("interactions", wrapped).event_id, "ce-1");
  const Rejection rejection =
      Refuse("interactions", R"({"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"?"})");
  EXPECT_EQ(rejection.path, "/data_base64");
}

TEST_F(Doors, StructuredNeedsItsAttributes) {
  const std::vector<Header> header = {{"content-type", "application/cloudevents+json; charset=utf-8"}};
  EXPECT_EQ(Refuse("interactions", kView, header).adapter, "cloudevents-structured");
  EXPECT_EQ(Refuse("interactions", R"({"specversion":"1.0","id":"1","source":"s","type":"t"})", header).path,
            "/data");
  EXPECT_EQ(
      Refuse("interactions", R"({"specversion":"0.3","id":"1","source":"s","type":"t","data":{}})").path,
      "/data/type");
  EXPECT_EQ(Refuse("interactions",
                   R"({"specversion":"1.0","source":"s","type":"t","data":)" + std::string(kView) + "}")
                .path,
            "/id");
  EXPECT_EQ(Refuse("interactions", Wrapped("", "null")).path, "/data");
  EXPECT_EQ(Refuse("interactions", Wrapped(R"("time":"noon",)")).reason_code, "bad_time");
  EXPECT_EQ(Refuse("interactions", Wrapped("") + "x").reason_code, "not_json");
}

TEST_F(Doors, ABareEventMayHaveAFieldNamedSpecversion) {
  EXPECT_EQ(
      Accept<Interaction>("interactions", R"({"specversion":"x","user_id":"u","item_id":"i","type":"view"})")
          .event_id,
      "");
}

TEST_F(Doors, BinaryFillsIdAndTimeFromHeaders) {
  const Interaction event = Accept<Interaction>(
      "interactions", kView,
      Binary({{"ce_time", "2026-03-02T09:14:07Z"}, {"content-type", "application/json"}}));
  EXPECT_EQ(event.event_id, "ce-1");
  EXPECT_EQ(event.occurred_at, Timestamp{1'772'442'847'000});
}

TEST_F(Doors, BinaryNamesTheHeaderAtFault) {
  const auto fault = [&](std::vector<Header> headers) {
    const Rejection rejection = Refuse("interactions", kView, std::move(headers));
    EXPECT_EQ(rejection.adapter, "cloudevents-binary");
    return rejection.message;
  };
  EXPECT_THAT(fault({{"ce_specversion", "1.0"}}), ::testing::HasSubstr("ce_id"));
  EXPECT_THAT(fault(Binary({{"ce_time", "noon"}})), ::testing::HasSubstr("ce_time"));
  EXPECT_THAT(fault(Binary({{"ce_time", "\xFF"}})), ::testing::HasSubstr("ce_time"));
  EXPECT_THAT(fault(Binary({{"content-type", "avro/binary"}})), ::testing::HasSubstr("content-type"));
  EXPECT_THAT(fault({{"ce_specversion", "1.0"},
                     {"ce_id", std::string(257, 'x')},
                     {"ce_source", "s"},
                     {"ce_type", "t"}}),
              ::testing::HasSubstr("ce_id"));
  EXPECT_THAT(fault({{"ce_specversion", "2.0"}, {"ce_id", "1"}, {"ce_source", "s"}, {"ce_type", "t"}}),
              ::testing::HasSubstr("ce_specversion"));
}

TEST_F(Doors, OtherHeadersLeaveAnEventBare) {
  EXPECT_EQ(Accept<Interaction>("interactions", kView, {{"content-type", "application/json"}, {"trace", "1"}})
                .user_id,
            "u");
}

TEST_F(Doors, NullIsATombstoneInTheCatalogueOnly) {
  Record record;
  record.key = "item-7";
  const DecodeResult gone = decoder_.Decode("catalogue", record);
  ASSERT_TRUE(gone.has_value());
  EXPECT_EQ(std::get<Tombstone>(*gone).key, "item-7");
  for (const char* role : {"interactions", "ratings", "feedback"}) {
    EXPECT_EQ(decoder_.Decode(role, record).error().reason_code, "schema") << role;
  }
  record.key.reset();
  EXPECT_FALSE(decoder_.Decode("catalogue", record).has_value());
  record.key = std::string(257, 'x');
  EXPECT_FALSE(decoder_.Decode("catalogue", record).has_value());
}

TEST_F(Doors, RefusesWhatIsTooLongUnread) {
  std::string value = R"({"user_id":"u","item_id":"i","type":"view","note":")";
  value += std::string((64 << 10) - value.size() - 2, 'x') + "\"}";
  ASSERT_EQ(value.size(), 64U << 10);
  Accept<Interaction>("interactions", value);
  EXPECT_EQ(Refuse("interactions", value + " ").reason_code, "too_large");
}

TEST_F(Doors, RefusesDeepNestingWithoutDescending) {
  for (const std::size_t depth : {70UL, 1000UL, 15'000UL}) {
    const std::string deep = R"({"user_id":"u","item_id":"i","type":"view","properties":{"a":)" +
                             std::string(depth, '[') + std::string(depth, ']') + "}}";
    const Rejection rejection = Refuse("interactions", deep);
    EXPECT_EQ(rejection.reason_code, "schema");
    EXPECT_THAT(rejection.message, ::testing::HasSubstr("nested deeper"));
    EXPECT_LT(rejection.path.size(), 100U);
  }
}

TEST_F(Doors, RefusesARoleWithoutAnEventType) { EXPECT_EQ(Refuse("weather", kView).reason_code, "policy"); }

TEST_F(Doors, ChecksTheKeyWhereTheOptionsAskForIt) {
  Record record = ValueRecord(kView);
  record.key = "somebody else";
  EXPECT_TRUE(decoder_.Decode("interactions", record).has_value());
  UseOptions({.key_rule = KeyRule::kMatchIfGiven});
  EXPECT_EQ(decoder_.Decode("interactions", record).error().reason_code, "policy");
  record.key.reset();
  EXPECT_TRUE(decoder_.Decode("interactions", record).has_value());
  UseOptions({.key_rule = KeyRule::kRequire});
  EXPECT_EQ(decoder_.Decode("interactions", record).error().reason_code, "policy");
  record.key = "u";
  EXPECT_TRUE(decoder_.Decode("interactions", record).has_value());
}

TEST_F(Doors, ADecoderForgetsAFaultyRecord) {
  for (int round = 0; round < 3; ++round) {
    Refuse("interactions", R"({"user_id":"u","item_id":[[[)");
    Accept<Interaction>("interactions", kView);
    Accept<Interaction>("interactions", Wrapped(""));
  }
}

TEST_F(Doors, EventsKnowTheirKeyAndTime) {
  EXPECT_EQ(EventKey(Accept<Interaction>("interactions", kView)), "u");
  EXPECT_EQ(EventKey(Accept<CatalogueItem>("catalogue", R"({"item_id":"i","item_type":"t","title":"x"})")),
            "i");
  EXPECT_EQ(
      EventTime(Accept<Rating>("ratings", R"({"user_id":"u","item_id":"i","rating":null,"rated_at":3})")),
      Timestamp{3});
  EXPECT_FALSE(EncodeEventValue(Tombstone{"x"}).has_value());
}

TEST_F(Doors, ChecksARatingAgainstItsScale) {
  EXPECT_EQ(Refuse("ratings", R"({"user_id":"u","item_id":"i","rating":11,"scale":{"min":0,"max":10}})").path,
            "/rating");
  EXPECT_EQ(Refuse("ratings", R"({"user_id":"u","item_id":"i","rating":1,"scale":{"min":5,"max":5}})").path,
            "/scale");
  EXPECT_EQ(Refuse("ratings", R"({"user_id":"u","item_id":"i","rating":"4,5"})").message,
            R"(expected a number or null, got string "4,5")");
}

}  // namespace
}  // namespace freshet::testing
