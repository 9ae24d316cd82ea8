#include "codec/dead_letter.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/codec/decoding.h"
#include "unit/codec/schema_files.h"

namespace freshet::testing {
namespace {

const TopicPartition kFrom{"ratings", {2}};

Record Refused() {
  Record record = ValueRecord(R"({"user_id":"u-42","rating":"4,5"})", {{"trace", "t-1"}});
  record.offset = {991};
  record.timestamp = {1'772'442'847'000};
  record.key = "u-42";
  return record;
}

Rejection Fault() {
  return {"schema", "/rating", "expected a number or null", "use a decimal point: 4.5", "bare"};
}

void ExpectValid(const std::string& json) {
  const auto faults = LoadSchema("dead-letter.schema.json").Faults(Json::parse(json));
  EXPECT_TRUE(faults.empty()) << faults.front() << "\n" << json;
}

TEST(DeadLetterCodec, KeepsTheRecordAndItsPlace) {
  const Record record = Refused();
  const EncodedDeadLetter encoded = EncodeDeadLetter(Fault(), kFrom, record);
  ExpectValid(encoded.value);
  const Result<DeadLetter> letter = DecodeDeadLetter(encoded.value);
  ASSERT_TRUE(letter.ok()) << letter.error().message;
  EXPECT_EQ(letter->rejection, Fault());
  EXPECT_EQ(letter->from, kFrom);
  EXPECT_EQ(letter->offset, record.offset);
  EXPECT_EQ(letter->timestamp, record.timestamp);
  EXPECT_EQ(letter->first_seen, record.timestamp);
  EXPECT_EQ(letter->key, record.key);
  EXPECT_EQ(letter->payload, record.value);
  EXPECT_EQ(letter->headers, record.headers);
  EXPECT_FALSE(letter->truncated);
}

TEST(DeadLetterCodec, RepeatsTheFieldsAsHeaders) {
  std::map<std::string, std::string> headers;
  for (const Header& header : EncodeDeadLetter(Fault(), kFrom, Refused()).headers)
    headers[header.name] = header.value;
  EXPECT_EQ(headers["reason_code"], "schema");
  EXPECT_EQ(headers["path"], "/rating");
  EXPECT_EQ(headers["fix_hint"], "use a decimal point: 4.5");
  EXPECT_EQ(headers["original.topic"], "ratings");
  EXPECT_EQ(headers["original.offset"], "991");
  EXPECT_EQ(headers["original.key"], "u-42");
  EXPECT_EQ(headers["first_seen"], "2026-03-02T09:14:07.000Z");
  EXPECT_EQ(headers["count"], "1");
}

TEST(DeadLetterCodec, CarriesAnyBytes) {
  Record record = Refused();
  record.key = std::string("\xFF\x00k", 3);
  record.value = std::string("\x00\xFE{", 3);
  record.headers = {{"binary", "\xFF"}};
  const std::string json = EncodeDeadLetter(Fault(), kFrom, record).value;
  ExpectValid(json);
  const Result<DeadLetter> letter = DecodeDeadLetter(json);
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(letter->key, record.key);
  EXPECT_EQ(letter->payload, record.value);
  EXPECT_EQ(letter->headers, record.headers);
}

TEST(DeadLetterCodec, KeepsNullKeysAndValuesApartFromEmptyOnes) {
  Record record = Refused();
  record.key.reset();
  record.value.reset();
  Result<DeadLetter> letter = DecodeDeadLetter(EncodeDeadLetter(Fault(), kFrom, record).value);
  EXPECT_FALSE(letter->key.has_value());
  EXPECT_FALSE(letter->payload.has_value());
  record.key = record.value = "";
  letter = DecodeDeadLetter(EncodeDeadLetter(Fault(), kFrom, record).value);
  EXPECT_EQ(letter->key, "");
  EXPECT_EQ(letter->payload, "");
}

TEST(DeadLetterCodec, AlwaysFitsIntoARecord) {
  Record record = Refused();
  record.value = std::string(5 << 20, 'x');
  record.key = std::string(1 << 20, 'k');
  record.headers = {{"big", std::string(1 << 20, 'h')}};
  Rejection fault = Fault();
  fault.path = std::string(1 << 20, '/');
  const EncodedDeadLetter encoded = EncodeDeadLetter(fault, kFrom, record);
  ExpectValid(encoded.value);
  std::size_t bytes = encoded.value.size();
  for (const Header& header : encoded.headers) bytes += header.name.size() + header.value.size();
  EXPECT_LT(bytes, 1'000'000U);
  EXPECT_TRUE(DecodeDeadLetter(encoded.value)->truncated);
}

TEST(DeadLetterCodec, IsAFunctionOfItsArguments) {
  const EncodedDeadLetter one = EncodeDeadLetter(Fault(), kFrom, Refused());
  const EncodedDeadLetter two = EncodeDeadLetter(Fault(), kFrom, Refused());
  EXPECT_EQ(one.value, two.value);
  EXPECT_EQ(one.headers, two.headers);
}

}  // namespace
}  // namespace freshet::testing
