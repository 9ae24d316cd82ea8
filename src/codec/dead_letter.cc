#include "codec/dead_letter.h"

#include "base/base64.h"
#include "base/format.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "codec/time.h"

namespace freshet {
namespace {

// Our own texts are short; this bounds what they quote (paths of long names).
constexpr std::size_t kTextBytesMax = 2000;

DeadLetter Shorten(const Rejection& rejection, const TopicPartition& from, const Record& record,
                   const DeadLetterLimits& limits) {
  DeadLetter letter{rejection, from, record.offset, record.timestamp, {}, {}, {}, false, record.timestamp, 1};
  const auto cut = [&](const std::optional<std::string>& bytes, std::size_t bytes_max) {
    if (bytes && bytes->size() > bytes_max) letter.truncated = true;
    return bytes ? std::optional<std::string>(bytes->substr(0, bytes_max)) : std::nullopt;
  };
  letter.key = cut(record.key, limits.key_bytes_max);
  letter.payload = cut(record.value, limits.payload_bytes_max);
  std::size_t left = limits.headers_bytes_max;
  for (const Header& header : record.headers) {
    const std::size_t bytes = header.name.size() + header.value.size();
    if (bytes > left) {
      letter.truncated = true;
      break;
    }
    left -= bytes;
    letter.headers.push_back(header);
  }
  return letter;
}

/// Bytes as text where they are text, else as base64 under `name`_b64.
void WriteBytes(JsonWriter& json, std::string_view name, std::string_view bytes) {
  if (IsUtf8(bytes)) return json.Field(name, bytes);
  json.Field(std::string(name) + "_b64", EncodeBase64(bytes));
}

void WriteOriginal(JsonWriter& json, const DeadLetter& letter) {
  json.Key("original");
  json.BeginObject();
  json.Field("topic", letter.from.topic);
  json.Field("partition", letter.from.partition.value);
  json.Field("offset", letter.offset.value);
  json.Field("timestamp", letter.timestamp.ms);
  if (letter.key) WriteBytes(json, "key", *letter.key);
  if (!letter.headers.empty()) {
    json.Key("headers");
    json.BeginArray();
    for (const Header& header : letter.headers) {
      json.BeginObject();
      json.Field("name", header.name);
      WriteBytes(json, "value", header.value);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
}

std::string ValueOf(const DeadLetter& letter) {
  std::string text;
  text.reserve(1024 + (letter.payload ? letter.payload->size() * 4 / 3 : 0));
  JsonWriter json(text);
  json.BeginObject();
  json.Field("reason_code", letter.rejection.reason_code);
  json.Field("path", letter.rejection.path);
  json.Field("message", letter.rejection.message);
  json.Field("fix_hint", letter.rejection.fix_hint);
  WriteOriginal(json, letter);
  if (letter.payload) json.Field("payload_b64", EncodeBase64(*letter.payload));
  if (letter.truncated) json.Field("truncated", true);
  json.Field("adapter", letter.rejection.adapter);
  json.Field("first_seen", letter.first_seen);
  json.Field("count", letter.count);
  json.EndObject();
  return text;
}

std::vector<Header> HeadersOf(const DeadLetter& letter) {
  std::vector<Header> headers = {
      {"reason_code", letter.rejection.reason_code},
      {"path", letter.rejection.path},
      {"message", letter.rejection.message},
      {"fix_hint", letter.rejection.fix_hint},
      {"adapter", letter.rejection.adapter},
      {"first_seen", TimestampToRfc3339(letter.first_seen)},
      {"count", fmt::to_string(letter.count)},
      {"original.topic", letter.from.topic},
      {"original.partition", fmt::to_string(letter.from.partition.value)},
      {"original.offset", fmt::to_string(letter.offset.value)},
      {"original.timestamp", fmt::to_string(letter.timestamp.ms)},
  };
  if (letter.key) headers.push_back({"original.key", *letter.key});
  return headers;
}

/// The inverse of WriteBytes; throws Json::exception on a wrong shape.
std::optional<std::string> BytesOf(const Json& from, const std::string& name) {
  if (const auto text = from.find(name); text != from.end()) return text->get<std::string>();
  const auto encoded = from.find(name + "_b64");
  if (encoded == from.end()) return std::nullopt;
  Result<std::string> bytes = DecodeBase64(encoded->get_ref<const std::string&>());
  if (!bytes.ok()) throw Json::other_error::create(501, name + "_b64: " + bytes.error().message, nullptr);
  return std::move(*bytes);
}

DeadLetter LetterOf(const Json& json) {
  DeadLetter letter;
  letter.rejection.reason_code = json.at("reason_code").get<std::string>();
  letter.rejection.path = json.at("path").get<std::string>();
  letter.rejection.message = json.at("message").get<std::string>();
  letter.rejection.fix_hint = json.at("fix_hint").get<std::string>();
  letter.rejection.adapter = json.at("adapter").get<std::string>();
  const Json& original = json.at("original");
  letter.from = {original.at("topic").get<std::string>(),
                 {WholeNumber<std::int32_t>(original.at("partition"))}};
  letter.offset = {WholeNumber<std::int64_t>(original.at("offset"))};
  letter.timestamp = {WholeNumber<std::int64_t>(original.at("timestamp"))};
  letter.key = BytesOf(original, "key");
  for (const Json& header : original.value("headers", Json::array())) {
    letter.headers.push_back({header.at("name").get<std::string>(), BytesOf(header, "value").value_or("")});
  }
  letter.payload = BytesOf(json, "payload");
  letter.truncated = json.value("truncated", false);
  letter.count = WholeNumber<std::int64_t>(json.at("count"));
  return letter;
}

}  // namespace

const std::vector<std::string>& RejectionReasons() {
  static const std::vector<std::string> reasons = {"not_json",  "schema",       "unknown_type", "bad_time",
                                                   "too_large", "unknown_user", "policy"};
  return reasons;
}

EncodedDeadLetter EncodeDeadLetter(const Rejection& rejection, const TopicPartition& from,
                                   const Record& record, const DeadLetterLimits& limits) {
  DeadLetter letter = Shorten(rejection, from, record, limits);
  letter.rejection.path = Utf8Prefix(rejection.path, kTextBytesMax);
  letter.rejection.message = Utf8Prefix(rejection.message, kTextBytesMax);
  letter.rejection.fix_hint = Utf8Prefix(rejection.fix_hint, kTextBytesMax);
  return {ValueOf(letter), HeadersOf(letter)};
}

Result<DeadLetter> DecodeDeadLetter(std::string_view json) {
  FRESHET_TRY(const Json document, ParseJson(json));
  try {
    DeadLetter letter = LetterOf(document);
    FRESHET_TRY(letter.first_seen, ParseTime(document.at("first_seen").get<std::string>()));
    return letter;
  } catch (const Json::exception& error) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("dead letter: {}", error.what()));
  }
}

}  // namespace freshet
