#include "codec/rating.h"

#include "base/format.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kPropertiesMax = 50;
constexpr std::size_t kReviewCodePointsMax = 4000;

struct Scale {
  std::optional<double> min;
  std::optional<double> max;
};

struct Reading {
  Rating& event;
  bool has_rating = false;  ///< null counts: it removes the rating
  std::optional<Scale> scale;
};

constexpr FieldRule<Scale> kScaleRules[] = {
    {"min", [](FieldReader& r, JsonValue& v, Scale& to) { return r.Number(v, to.min); }},
    {"max", [](FieldReader& r, JsonValue& v, Scale& to) { return r.Number(v, to.max); }},
};

bool ReadRating(FieldReader& reader, JsonValue& value, Reading& to) {
  to.has_rating = true;
  return reader.NumberOrNull(value, to.event.rating);
}

bool ReadScale(FieldReader& reader, JsonValue& value, Reading& to) {
  bool given = false;
  Scale scale;
  if (!reader.Nested(value, kScaleRules, scale, &given)) return false;
  to.scale = given ? std::optional<Scale>(scale) : std::nullopt;
  if (!given) return true;
  if (!scale.min) return reader.Missing("min", "send the scale's lowest and highest rating");
  if (!scale.max) return reader.Missing("max", "send the scale's lowest and highest rating");
  if (*scale.min < *scale.max) return true;
  return reader.Fail("schema", fmt::format("min {} is not below max {}", *scale.min, *scale.max),
                     "send the scale's lowest rating as min and its highest as max");
}

// In the order of the contract.
constexpr FieldRule<Reading> kRules[] = {
    {"event_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.event_id); }},
    {"tenant", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.tenant); }},
    {"user_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.user_id); }},
    {"item_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.item_id); }},
    {"rating", &ReadRating},
    {"scale", &ReadScale},
    {"review", [](FieldReader& r, JsonValue& v, Reading&) { return r.TextAtMost(v, kReviewCodePointsMax); }},
    {"rated_at", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Time(v, to.event.rated_at); }},
    {"request_id", [](FieldReader& r, JsonValue& v, Reading& to) { return r.Id(v, to.event.request_id); }},
    {"properties", [](FieldReader& r, JsonValue& v, Reading&) { return r.AnyObject(v, kPropertiesMax); }},
};

bool CheckTogether(FieldReader& reader, const Reading& read) {
  Rating& event = read.event;
  if (event.user_id.empty()) return reader.Missing("user_id", "send the id of the user who rates");
  if (event.item_id.empty()) return reader.Missing("item_id", "send the id of the rated item");
  if (!read.has_rating) {
    return reader.FailAt("rating", "schema", "rating is missing",
                         "send a number, or null to remove the rating");
  }
  if (read.scale) {
    event.scale_min = *read.scale->min;
    event.scale_max = *read.scale->max;
  }
  if (!event.rating || (*event.rating >= event.scale_min && *event.rating <= event.scale_max)) return true;
  return reader.FailAt(
      "rating", "schema",
      fmt::format("{} is outside the scale {} to {}", *event.rating, event.scale_min, event.scale_max),
      "send scale {min, max} where it is not 1 to 5");
}

}  // namespace

bool DecodeRating(FieldReader& reader, Event& to) {
  Reading read{to.emplace<Rating>(), false, std::nullopt};
  return reader.ReadFields(kRules, read) && CheckTogether(reader, read);
}

std::string EncodeEvent(const Rating& event) {
  std::string text;
  text.reserve(192);
  JsonWriter json(text);
  json.BeginObject();
  json.FieldIfAny("event_id", event.event_id);
  json.FieldIfAny("tenant", event.tenant);
  json.Field("user_id", event.user_id);
  json.Field("item_id", event.item_id);
  json.Key("rating");
  event.rating ? json.Number(*event.rating) : json.Null();
  json.Key("scale");
  json.BeginObject();
  json.Field("min", event.scale_min);
  json.Field("max", event.scale_max);
  json.EndObject();
  json.Field("rated_at", event.rated_at);
  json.FieldIfAny("request_id", event.request_id);
  json.EndObject();
  return text;
}

}  // namespace freshet
