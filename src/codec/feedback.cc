#include "codec/feedback.h"

#include <array>

#include "base/format.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kExposuresMax = 200;

// In the order of FeedbackType.
constexpr std::array<std::string_view, 8> kTypeNames = {
    "impression",       "click", "accept", "dismiss", "undo", "explanation_open", "explanation_helpful",
    "explanation_wrong"};
constexpr std::array<std::string_view, 9> kReasons = {"already_know", "too_easy",       "too_hard",
                                                      "not_relevant", "wrong_language", "too_expensive",
                                                      "no_time",      "bad_source",     "other"};
// In the order of FeedbackScope.
constexpr std::array<std::string_view, 5> kScopes = {"item", "similar", "provider", "skill", "topic"};

struct Reading {
  Feedback& event;
  bool has_type = false;
};

struct ExposureReading {
  std::string item_id;
  std::optional<std::int64_t> position;
  std::optional<std::int64_t> visible_ms;
};

constexpr FieldRule<ExposureReading> kExposureRules[] = {
    {"item_id", [](FieldReader& r, JsonValue& v, ExposureReading& to) { return r.Id(v, to.item_id); }},
    {"position", [](FieldReader& r, JsonValue& v, ExposureReading& to) { return r.Count(v, to.position); }},
    {"visible_ms",
     [](FieldReader& r, JsonValue& v, ExposureReading& to) { return r.Count(v, to.visible_ms); }},
};

bool ReadType(FieldReader& reader, JsonValue& value, Reading& to) {
  std::optional<std::size_t> choice;
  if (!reader.Choice(value, kTypeNames, choice, "unknown_type")) return false;
  to.has_type = choice.has_value();
  to.event.type = static_cast<FeedbackType>(choice.value_or(0));
  return true;
}

bool ReadItems(FieldReader& reader, JsonValue& value, Reading& to) {
  std::vector<Exposure>& items = to.event.items;
  items.clear();
  return reader.Elements(value, kExposuresMax, [&](JsonValue& element) {
    ExposureReading read;
    bool given = false;
    if (!reader.Nested(element, kExposureRules, read, &given)) return false;
    if (read.item_id.empty()) return reader.Missing("item_id", "send the id of each item that was shown");
    const auto place = static_cast<std::int64_t>(items.size());
    items.push_back({std::move(read.item_id), read.position.value_or(place), read.visible_ms});
    return true;
  });
}

bool ReadReason(FieldReader& reader, JsonValue& value, Reading& to) {
  std::optional<std::size_t> choice;
  if (!reader.Choice(value, kReasons, choice)) return false;
  to.event.reason = choice ? kReasons[*choice] : std::string_view();
  return true;
}

bool ReadScope(FieldReader& reader, JsonValue& value, Reading& to) {
  std::optional<std::size_t> choice;
  if (!reader.Choice(value, kScopes, choice)) return false;
  to.event.scope = static_cast<FeedbackScope>(choice.value_or(0));
  return true;
}

// In the order of the contract.
constexpr FieldRule<Reading> kRules[] = {
    {"event_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.event_id); }},
    {"tenant", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.tenant); }},
    {"request_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.request_id); }},
    {"user_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.user_id); }},
    {"type", &ReadType},
    {"item_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.item_id); }},
    {"items", &ReadItems},
    {"reason", &ReadReason},
    {"scope", &ReadScope},
    {"until", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Time(v, to.event.until); }},
    {"occurred_at",
     [](FieldReader& r, JsonValue& v, Reading& to) { return r.Time(v, to.event.occurred_at); }},
    {"surface", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.surface); }},
};

bool CheckTogether(FieldReader& reader, const Reading& read) {
  Feedback& event = read.event;
  if (event.request_id.empty())
    return reader.Missing("request_id", "send the request_id of the list it is about");
  if (event.user_id.empty()) return reader.Missing("user_id", "send the id of the list's user");
  if (!read.has_type)
    return reader.Missing("type", fmt::format("send one of {}", fmt::join(kTypeNames, ", ")));
  if (event.type != FeedbackType::kImpression) {
    if (!event.item_id.empty()) return true;
    return reader.Missing("item_id", "send the id of the item; only impressions go without");
  }
  event.item_id.clear();  // an impression is about its items
  if (!event.items.empty()) return true;
  return reader.FailAt("items", "schema", "items is missing or empty", "send the items that were shown");
}

void WriteItems(JsonWriter& json, const std::vector<Exposure>& items) {
  if (items.empty()) return;
  json.Key("items");
  json.BeginArray();
  for (const Exposure& item : items) {
    json.BeginObject();
    json.Field("item_id", item.item_id);
    json.Field("position", item.position);
    json.Field("visible_ms", item.visible_ms);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

bool DecodeFeedback(FieldReader& reader, Event& to) {
  Reading read{to.emplace<Feedback>()};
  return reader.ReadFields(kRules, read) && CheckTogether(reader, read);
}

std::string EncodeEvent(const Feedback& event) {
  std::string text;
  text.reserve(256);
  JsonWriter json(text);
  json.BeginObject();
  json.FieldIfAny("event_id", event.event_id);
  json.FieldIfAny("tenant", event.tenant);
  json.Field("request_id", event.request_id);
  json.Field("user_id", event.user_id);
  json.Field("type", kTypeNames[static_cast<std::size_t>(event.type)]);
  json.FieldIfAny("item_id", event.item_id);
  WriteItems(json, event.items);
  json.FieldIfAny("reason", event.reason);
  json.Field("scope", kScopes[static_cast<std::size_t>(event.scope)]);
  json.Field("until", event.until);
  json.Field("occurred_at", event.occurred_at);
  json.FieldIfAny("surface", event.surface);
  json.EndObject();
  return text;
}

}  // namespace freshet
