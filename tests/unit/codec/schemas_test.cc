// The schemas, their examples and the decoders say the same.
#include <gtest/gtest.h>

#include <set>

#include "codec/dead_letter.h"
#include "codec/event_fields.h"
#include "codec/recommendation_list.h"
#include "codec/registry.h"
#include "unit/codec/decoding.h"
#include "unit/codec/schema_files.h"

namespace freshet::testing {
namespace {

bool SchemaAccepts(const JsonSchema& schema, const std::string& text, std::string& why) {
  const Result<Json> document = ParseJson(text);
  if (!document.ok()) {
    why = document.error().message;
    return false;
  }
  const std::vector<std::string> faults = schema.Faults(*document);
  why = faults.empty() ? "" : faults.front();
  return faults.empty();
}

class EventExamples : public ::testing::TestWithParam<EventType> {
 protected:
  const std::string event_ = StemOf(GetParam().schema);
  const JsonSchema schema_ = LoadSchema(std::string(GetParam().schema));
  Decoder decoder_;
};

TEST_P(EventExamples, ValidOnesPassBothAndReadBackAsWritten) {
  const auto examples = Examples(event_, "valid");
  EXPECT_GE(examples.size(), 10U);
  for (const auto& path : examples) {
    SCOPED_TRACE(path.filename().string());
    const std::string text = ReadText(path);
    std::string why;
    EXPECT_TRUE(SchemaAccepts(schema_, text, why)) << why;
    const DecodeResult event = decoder_.Decode(GetParam(), ValueRecord(text));
    ASSERT_TRUE(event.has_value()) << event.error().path << " " << event.error().message;
    const std::string written = EncodeEventValue(*event).value();
    EXPECT_TRUE(SchemaAccepts(schema_, written, why)) << written << " " << why;
    const DecodeResult again = decoder_.Decode(GetParam(), ValueRecord(written));
    ASSERT_TRUE(again.has_value()) << written << " " << again.error().message;
    EXPECT_TRUE(*again == *event) << written;
  }
}

TEST_P(EventExamples, InvalidOnesFailBothForTheReasonInTheirName) {
  const auto examples = Examples(event_, "invalid");
  EXPECT_GE(examples.size(), 15U);
  for (const auto& path : examples) {
    SCOPED_TRACE(path.filename().string());
    const std::string text = ReadText(path);
    std::string why;
    EXPECT_FALSE(SchemaAccepts(schema_, text, why));
    const DecodeResult event = decoder_.Decode(GetParam(), ValueRecord(text));
    ASSERT_FALSE(event.has_value());
    const std::string name = path.stem();
    EXPECT_EQ(event.error().reason_code, name.substr(0, name.find("--"))) << event.error().message;
    EXPECT_NE(event.error().message, "");
    EXPECT_NE(event.error().fix_hint, "");
  }
}

TEST_P(EventExamples, TheSameThroughTheStructuredDoor) {
  for (const char* kind : {"valid", "invalid"}) {
    for (const auto& path : Examples(event_, kind)) {
      SCOPED_TRACE(path.filename().string());
      const std::string wrapped =
          R"({"specversion":"1.0","id":"ce-1","source":"/shop","type":"shop.event","data":)" +
          ReadText(path) + "}";
      const DecodeResult event = decoder_.Decode(GetParam(), ValueRecord(wrapped));
      EXPECT_EQ(event.has_value(), std::string_view(kind) == "valid");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EventExamples,
                         ::testing::ValuesIn(EventTypes().begin(), EventTypes().end()),
                         [](const auto& test) { return std::string(test.param.role); });

class OutputExamples : public ::testing::TestWithParam<const char*> {};

TEST_P(OutputExamples, AgreeWithTheirSchemaAndReader) {
  const std::string event = GetParam();
  const JsonSchema schema = LoadSchema(event + ".schema.json");
  const auto reads = [&](const std::string& text) {
    if (event == "recommendation") return DecodeRecommendationList(text).ok();
    return event == "dead-letter" ? DecodeDeadLetter(text).ok() : true;  // others are only written
  };
  std::string why;
  for (const auto& path : Examples(event, "valid")) {
    EXPECT_TRUE(SchemaAccepts(schema, ReadText(path), why)) << path << why;
    EXPECT_TRUE(reads(ReadText(path))) << path;
  }
  for (const auto& path : Examples(event, "invalid")) {
    EXPECT_FALSE(SchemaAccepts(schema, ReadText(path), why)) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Outputs, OutputExamples,
                         ::testing::Values("recommendation", "dead-letter", "evaluation"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Schemas, EachOneLoadsAndHasExamples) {
  for (const auto& entry : std::filesystem::directory_iterator(SchemaFolder())) {
    const std::string file = entry.path().filename();
    if (!file.ends_with(".schema.json")) continue;
    EXPECT_NO_THROW(LoadSchema(file)) << file;
    EXPECT_FALSE(Examples(StemOf(file), "valid").empty()) << file;
    EXPECT_FALSE(Examples(StemOf(file), "invalid").empty()) << file;
  }
}

TEST(AsyncApi, NamesEveryRoleEverySchemaAndEveryInternalTopic) {
  const std::string text = ReadText(SchemaFolder() / "asyncapi.yaml");
  const std::set<std::string> inside = {"item-deltas", "item-model", "user-links", "net-lessons"};
  std::set<std::string> wanted = {"recommendations", "dead-letters", "evaluations", "item-deltas",
                                  "item-model",      "user-links",   "net-lessons"};
  for (const EventType& type : EventTypes()) wanted.insert(std::string(type.role));
  for (const std::string& topic : wanted) {
    EXPECT_NE(text.find("\n  " + topic + ":\n"), std::string::npos) << "channel " << topic;
    const std::string name = (inside.contains(topic) ? "{prefix}{app}-" : "{prefix}") + topic;
    EXPECT_NE(text.find("address: \"" + name + "\""), std::string::npos) << "address of " << topic;
  }
  EXPECT_NE(text.find("changelog"), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(SchemaFolder())) {
    const std::string file = entry.path().filename();
    if (file.ends_with(".schema.json")) {
      EXPECT_NE(text.find("./" + file), std::string::npos) << file;
    }
  }
}

}  // namespace
}  // namespace freshet::testing
