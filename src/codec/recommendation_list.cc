#include "codec/recommendation_list.h"

#include <cmath>

#include "codec/json_writer.h"
#include "codec/origin_fields.h"

namespace freshet {
namespace {

// Bytes to reserve an item, so that a list is written without growing: measured lists stay below.
constexpr std::size_t kCompactItemBytes = 320;
constexpr std::size_t kFullItemBytes = 900;
constexpr std::size_t kHeadBytes = 640;

void WriteTrigger(JsonWriter& json, const Trigger& trigger) {
  json.Key("trigger");
  json.BeginObject();
  json.FieldIfAny("event_id", trigger.event_id);
  json.Field("topic", trigger.topic);
  json.Field("partition", trigger.partition.value);
  json.Field("offset", trigger.offset.value);
  json.Field("event_to_publish_ms", trigger.event_to_publish_ms);
  json.EndObject();
}

void WriteFiltered(JsonWriter& json, const FilterCounts& filtered) {
  json.Key("filtered");
  json.BeginObject();
  json.Field("seen", filtered.seen);
  json.Field("dismissed", filtered.dismissed);
  json.Field("unavailable", filtered.unavailable);
  if (filtered.by_rule > 0) json.Field("by_rule", filtered.by_rule);
  json.EndObject();
}

void WriteParts(JsonWriter& json, const std::vector<ScorePart>& parts) {
  if (parts.empty()) return;
  json.Key("score_parts");
  json.BeginObject();
  for (const ScorePart& part : parts) {
    if (!std::isfinite(part.value)) continue;
    json.EscapedKey(part.name);  // read from a topic, it is anybody's text
    json.Number(part.value);
  }
  json.EndObject();
}

void WriteEvidence(JsonWriter& json, const Evidence& evidence) {
  json.Key("evidence");
  json.BeginObject();
  json.FieldIfAny("event_ids", evidence.event_ids);
  json.FieldIfAny("coordinates", evidence.coordinates);
  json.FieldIfAny("item_id", evidence.item_id);
  json.Field("count", evidence.count);
  json.Field("co_count", evidence.co_count);
  json.Field("predicted_rating", evidence.predicted_rating);
  json.FieldIfAny("rules", evidence.rules);
  json.EndObject();
}

void WriteReasons(JsonWriter& json, const std::vector<Reason>& reasons, Detail detail) {
  if (reasons.empty()) return;
  json.Key("reasons");
  json.BeginArray();
  for (const Reason& reason : reasons) {
    json.BeginObject();
    json.Field("code", reason.code);
    json.Field("part", reason.part);
    json.Field("contribution", reason.contribution);
    if (detail == Detail::kFull) {
      json.FieldIfAny("text", reason.text);
      WriteEvidence(json, reason.evidence);
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteCounterfactual(JsonWriter& json, const Counterfactual& what) {
  json.Key("counterfactual");
  json.BeginObject();
  json.FieldIfAny("remove", what.remove);
  json.Key("becomes");
  json.BeginObject();
  json.FieldIfAny("item_id", what.becomes);
  if (what.rank_of_original > 0) json.Field("rank_of_original", what.rank_of_original);
  json.EndObject();
  json.Field("verified", true);
  json.EndObject();
}

void WriteItem(JsonWriter& json, const RecommendedItem& item, Detail detail) {
  json.BeginObject();
  json.Field("rank", item.rank);
  json.Field("item_id", item.item_id);
  json.Key("score");
  json.Number(item.score);
  if (item.pinned) json.Field("pinned", true);
  json.Field("propensity", item.propensity);
  if (detail == Detail::kFull) {
    json.FieldIfAny("item_type", item.item_type);
    json.FieldIfAny("title", item.title);
    WriteParts(json, item.score_parts);
    json.FieldIfAny("sources", item.sources);
  }
  WriteReasons(json, item.reasons, detail);
  if (item.counterfactual) WriteCounterfactual(json, *item.counterfactual);
  json.EndObject();
}

}  // namespace

std::string EncodeRecommendationList(const RecommendationList& list, Detail detail) {
  const std::size_t item_bytes = detail == Detail::kFull ? kFullItemBytes : kCompactItemBytes;
  std::string text;
  text.reserve(kHeadBytes + list.items.size() * item_bytes);
  JsonWriter json(text);
  json.BeginObject();
  json.Field("request_id", list.request_id);
  json.Field("user_id", list.user_id);
  json.FieldIfAny("surface", list.surface);
  json.Field("generated_at", list.generated_at);
  if (list.trigger) WriteTrigger(json, *list.trigger);
  WriteAsOf(json, list.watermark, list.state_seq);
  WriteModel(json, list.model_name, list.model_version, list.model_snapshot);
  json.FieldIfAny("status", list.status);
  if (detail == Detail::kFull) WriteFiltered(json, list.filtered);
  json.FieldIfAny("without", list.without);
  json.Key("items");
  json.BeginArray();
  for (const RecommendedItem& item : list.items) WriteItem(json, item, detail);
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace freshet
