#include "codec/cloudevents.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/format.h"
#include "base/utf8.h"
#include "codec/event_fields.h"
#include "codec/field_reader.h"
#include "codec/time.h"

namespace freshet {
namespace {

constexpr std::string_view kSpecVersion = "1.0";
constexpr std::string_view kStructuredType = "application/cloudevents+json";
constexpr std::size_t kShownBytesMax = 80;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

/// The media type without parameters: "Application/JSON; charset=utf-8" -> "Application/JSON".
std::string_view MediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

bool IsJsonType(std::string_view content_type) {
  const std::string_view type = MediaType(content_type);
  constexpr std::string_view kSuffix = "+json";
  if (EqualsIgnoringCase(type, "application/json") || EqualsIgnoringCase(type, "text/json")) return true;
  return type.size() > kSuffix.size() &&
         EqualsIgnoringCase(type.substr(type.size() - kSuffix.size()), kSuffix);
}

const Header* Find(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return EqualsIgnoringCase(header.name, name);
  });
  return found == headers.end() ? nullptr : &*found;
}

std::string Shown(std::string_view bytes) {
  return IsUtf8(bytes) ? std::string(Utf8Prefix(bytes, kShownBytesMax)) : std::string("(not UTF-8)");
}

bool HeaderFault(Rejection& fault, std::string message, std::string fix_hint, std::string reason = "schema") {
  fault = {std::move(reason), "", std::move(message), std::move(fix_hint), "cloudevents-binary"};
  return false;
}

bool CheckRequiredHeaders(const std::vector<Header>& headers, Rejection& fault) {
  for (const std::string_view name : {"ce_id", "ce_source", "ce_type"}) {
    const Header* header = Find(headers, name);
    if (header == nullptr || header->value.empty()) {
      return HeaderFault(fault, fmt::format("header {} is missing or empty", name),
                         "CloudEvents 1.0 needs the headers ce_id, ce_source, ce_type and ce_specversion");
    }
  }
  const Header* version = Find(headers, "ce_specversion");
  if (version->value != kSpecVersion) {
    return HeaderFault(fault, fmt::format("header ce_specversion is \"{}\"", Shown(version->value)),
                       "send CloudEvents 1.0");
  }
  const Header* content = Find(headers, "content-type");
  if (content != nullptr && !IsJsonType(content->value)) {
    return HeaderFault(fault, fmt::format("header content-type is \"{}\"", Shown(content->value)),
                       "send the data as application/json");
  }
  return true;
}

bool ReadHeaderTime(const std::vector<Header>& headers, Envelope& to, Rejection& fault) {
  const Header* header = Find(headers, "ce_time");
  if (header == nullptr) return true;
  if (!IsUtf8(header->value)) {
    return HeaderFault(fault, "header ce_time is not UTF-8", "send RFC 3339 in UTF-8", "bad_time");
  }
  Result<Timestamp> time = ParseRfc3339(header->value);
  if (!time.ok()) {
    return HeaderFault(fault, "header ce_time: " + time.error().message,
                       "send RFC 3339 with an offset, such as 2026-03-02T09:14:07Z", "bad_time");
  }
  to.time = *time;
  return true;
}

struct StructuredReading {
  const EventType& type;
  Event& event;
  StructuredEvent result;
  std::string source, event_type, spec_version, encoded;
  bool has_data = false;
};

bool ReadData(FieldReader& reader, JsonValue& value, StructuredReading& to) {
  JsonObject data;
  if (!reader.ExpectObject(value, data)) return false;
  to.has_data = true;
  reader.SetObject(data);
  return to.type.decode(reader, to.event);
}

constexpr FieldRule<StructuredReading> kRules[] = {
    {"specversion",
     [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Text(v, to.spec_version); }},
    {"id",
     [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Id(v, to.result.envelope.id); }},
    {"source", [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Text(v, to.source); }},
    {"type", [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Text(v, to.event_type); }},
    {"time",
     [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Time(v, to.result.envelope.time); }},
    {"data", &ReadData},
    {"data_base64",
     [](FieldReader& r, JsonValue& v, StructuredReading& to) { return r.Text(v, to.encoded); }},
};

bool CheckAttributes(FieldReader& reader, const StructuredReading& read) {
  constexpr std::string_view kHint = "CloudEvents 1.0 needs id, source, type and specversion";
  if (read.result.envelope.id.empty()) return reader.Missing("id", kHint);
  if (read.source.empty()) return reader.Missing("source", kHint);
  if (read.event_type.empty()) return reader.Missing("type", kHint);
  if (read.spec_version.empty()) return reader.Missing("specversion", kHint);
  if (read.spec_version != kSpecVersion) {
    return reader.FailAt("specversion", "schema",
                         fmt::format("specversion is \"{}\"", Utf8Prefix(read.spec_version, kShownBytesMax)),
                         "send CloudEvents 1.0");
  }
  if (read.has_data && !read.encoded.empty()) {
    return reader.FailAt("data_base64", "schema", "both data and data_base64 are given", "send one of them");
  }
  if (!read.has_data && read.encoded.empty()) return reader.Missing("data", "put the event into data");
  return true;
}

}  // namespace

std::string_view AdapterName(Door door) {
  switch (door) {
    case Door::kBare:
      return "bare";
    case Door::kStructured:
      return "cloudevents-structured";
    case Door::kBinary:
      return "cloudevents-binary";
  }
  return "bare";
}

Door FindDoor(const std::vector<Header>& headers) {
  if (headers.empty()) return Door::kBare;
  if (Find(headers, "ce_specversion") != nullptr) return Door::kBinary;
  const Header* content = Find(headers, "content-type");
  const bool structured =
      content != nullptr && EqualsIgnoringCase(MediaType(content->value), kStructuredType);
  return structured ? Door::kStructured : Door::kBare;
}

std::optional<Envelope> ReadBinaryEnvelope(const std::vector<Header>& headers, Rejection& fault) {
  Envelope envelope;
  if (!CheckRequiredHeaders(headers, fault)) return std::nullopt;
  envelope.id = Find(headers, "ce_id")->value;
  if (envelope.id.size() > kIdBytesMax || !IsUtf8(envelope.id)) {
    HeaderFault(fault, fmt::format("header ce_id is {} bytes of text or not UTF-8", envelope.id.size()),
                "send an id of at most 256 bytes of UTF-8");
    return std::nullopt;
  }
  if (!ReadHeaderTime(headers, envelope, fault)) return std::nullopt;
  return envelope;
}

std::optional<StructuredEvent> DecodeStructured(FieldReader& reader, const EventType& type, Event& to) {
  StructuredReading read{type, to, {}, {}, {}, {}, {}, false};
  if (!reader.ReadFields(kRules, read) || !CheckAttributes(reader, read)) return std::nullopt;
  if (read.has_data) return std::move(read.result);
  Result<std::string> data = DecodeBase64(read.encoded);
  if (!data.ok()) {
    reader.FailAt("data_base64", "schema", data.error().message, "send RFC 4648 base64, or JSON in data");
    return std::nullopt;
  }
  read.result.encoded_data = std::move(*data);
  return std::move(read.result);
}

void FillFromEnvelope(const Envelope& envelope, Event& event) {
  std::string* id = EventIdField(event);
  if (id != nullptr && id->empty()) *id = envelope.id;
  std::optional<Timestamp>* time = EventTimeField(event);
  if (time != nullptr && !time->has_value()) *time = envelope.time;
}

}  // namespace freshet
