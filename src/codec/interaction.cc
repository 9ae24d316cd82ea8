#include "codec/interaction.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/utf8.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kPropertiesMax = 50;
constexpr std::size_t kContextMembersMax = 50;
constexpr std::size_t kShownBytesMax = 80;

// In the order of InteractionType.
constexpr std::array<std::string_view, 22> kTypeNames = {
    "view",           "click",        "search",           "like",     "dislike", "bookmark",
    "unbookmark",     "add_to_cart",  "remove_from_cart", "purchase", "enrol",   "start",
    "progress",       "complete",     "abandon",          "share",    "apply",   "dismiss",
    "not_interested", "already_know", "identify",         "retract"};
static_assert(kTypeNames.size() == static_cast<std::size_t>(InteractionType::kCustom));

// In the order of ValueKind; kNone has no name.
constexpr std::array<std::string_view, 6> kValueKinds = {"",         "count", "seconds",
                                                         "fraction", "score", "money"};

struct Reading {
  Interaction& event;
  bool has_type = false;
};

bool IsCustomType(const FieldReader& reader, std::string_view name) {
  const auto& types = reader.options().custom_interaction_types;
  return std::find(types.begin(), types.end(), name) != types.end();
}

bool ReadType(FieldReader& reader, JsonValue& value, Reading& to) {
  std::optional<std::string_view> name;
  if (!reader.View(value, name)) return false;
  to.has_type = name.has_value();
  to.event.custom_type.clear();
  if (!name) return true;
  if (const auto type = FindInteractionType(*name)) {
    to.event.type = *type;
    return true;
  }
  if (!name->empty() && IsCustomType(reader, *name)) {
    to.event.type = InteractionType::kCustom;
    to.event.custom_type = *name;
    return true;
  }
  return reader.Fail(
      "unknown_type", fmt::format("unknown interaction type \"{}\"", Utf8Prefix(*name, kShownBytesMax)),
      fmt::format("give it a weight in the configuration, or send one of {}", fmt::join(kTypeNames, ", ")));
}

bool ReadValueKind(FieldReader& reader, JsonValue& value, Reading& to) {
  std::optional<std::size_t> choice;
  if (!reader.Choice(value, kValueKinds, choice)) return false;
  to.event.value_kind = static_cast<ValueKind>(choice.value_or(0));
  return true;
}

/// The context is free; only a country in its two-letter form is kept.
bool ReadContext(FieldReader& reader, JsonValue& value, Reading& to) {
  to.event.country.clear();
  return reader.AnyObject(value, kContextMembersMax, [&](std::string_view name, JsonValue& member) {
    simdjson::ondemand::json_type type;
    const bool text =
        member.type().get(type) == simdjson::SUCCESS && type == simdjson::ondemand::json_type::string;
    if (name != "country" || !text) return reader.Skip(member);
    std::optional<std::string_view> country;
    if (!reader.View(member, country)) return false;
    to.event.country = country->size() == 2 ? *country : std::string_view();
    return true;
  });
}

// In the order of the contract.
constexpr FieldRule<Reading> kRules[] = {
    {"event_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.event_id); }},
    {"tenant", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.tenant); }},
    {"user_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.user_id); }},
    {"anonymous_id",
     [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.anonymous_id); }},
    {"session_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.session_id); }},
    {"item_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.item_id); }},
    {"type", &ReadType},
    {"value", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Number(v, to.event.value); }},
    {"value_kind", &ReadValueKind},
    {"currency", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Currency(v, to.event.currency); }},
    {"price", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Number(v, to.event.price); }},
    {"occurred_at",
     [](FieldReader& r, JsonValue& v, Reading& to) { return r.Time(v, to.event.occurred_at); }},
    {"request_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.request_id); }},
    {"position",
     [](FieldReader& r, JsonValue& v, Reading& to) { return r.Count(v, to.event.list_position); }},
    {"surface", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.surface); }},
    {"query", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Text(v, to.event.query); }},
    {"retracts", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.retracts); }},
    {"context", &ReadContext},
    {"properties", [](FieldReader& r, JsonValue& v, Reading&) { return r.AnyObject(v, kPropertiesMax); }},
};

bool CheckUser(FieldReader& reader, Interaction& event) {
  if (event.type == InteractionType::kIdentify) {
    if (event.user_id.empty()) return reader.Missing("user_id", "identify needs user_id and anonymous_id");
    if (event.anonymous_id.empty())
      return reader.Missing("anonymous_id", "identify needs user_id and anonymous_id");
    return true;
  }
  if (!event.user_id.empty()) return true;
  if (event.anonymous_id.empty()) {
    return reader.Missing("user_id", "send user_id, or anonymous_id for a visitor who is not known yet");
  }
  event.user_id = event.anonymous_id;
  return true;
}

bool CheckTogether(FieldReader& reader, const Reading& read) {
  if (!read.has_type) return reader.Missing("type", "say what the user did, such as \"view\"");
  Interaction& event = read.event;
  if (!CheckUser(reader, event)) return false;
  const bool without_item =
      event.type == InteractionType::kIdentify || event.type == InteractionType::kSearch;
  if (event.item_id.empty() && !without_item) {
    return reader.Missing("item_id", "send the id of the item; only identify and search go without");
  }
  const bool retract = event.type == InteractionType::kRetract;
  if (retract && event.retracts.empty()) {
    return reader.Missing("retracts", "send the event_id of the event to take back");
  }
  if (!retract && !event.retracts.empty()) {
    return reader.FailAt(
        "retracts", "schema",
        fmt::format("retracts is given, but the type is {}", InteractionTypeName(event.type)),
        "send type \"retract\", or leave retracts out");
  }
  return true;
}

void WriteValue(JsonWriter& json, const Interaction& event) {
  json.Field("value", event.value);
  json.FieldIfAny("value_kind", kValueKinds[static_cast<std::size_t>(event.value_kind)]);
  json.FieldIfAny("currency", event.currency);
  json.Field("price", event.price);
}

void WriteContext(JsonWriter& json, const Interaction& event) {
  if (event.country.empty()) return;
  json.Key("context");
  json.BeginObject();
  json.Field("country", event.country);
  json.EndObject();
}

}  // namespace

std::string_view InteractionTypeName(InteractionType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kTypeNames.size() ? kTypeNames[index] : "custom";
}

std::optional<InteractionType> FindInteractionType(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<InteractionType>(found - kTypeNames.begin());
}

bool DecodeInteraction(FieldReader& reader, Event& to) {
  Reading read{to.emplace<Interaction>()};
  return reader.ReadFields(kRules, read) && CheckTogether(reader, read);
}

std::string EncodeEvent(const Interaction& event) {
  std::string text;
  text.reserve(256);
  JsonWriter json(text);
  json.BeginObject();
  json.FieldIfAny("event_id", event.event_id);
  json.FieldIfAny("tenant", event.tenant);
  json.FieldIfAny("user_id", event.user_id);
  json.FieldIfAny("anonymous_id", event.anonymous_id);
  json.FieldIfAny("session_id", event.session_id);
  json.FieldIfAny("item_id", event.item_id);
  json.Field("type", event.type == InteractionType::kCustom ? std::string_view(event.custom_type)
                                                            : InteractionTypeName(event.type));
  WriteValue(json, event);
  json.Field("occurred_at", event.occurred_at);
  json.FieldIfAny("request_id", event.request_id);
  json.Field("position", event.list_position);
  json.FieldIfAny("surface", event.surface);
  json.FieldIfAny("query", event.query);
  json.FieldIfAny("retracts", event.retracts);
  WriteContext(json, event);
  json.EndObject();
  return text;
}

}  // namespace freshet
