#include "base/format.h"
#include "codec/json.h"
#include "codec/recommendation_list.h"
#include "codec/time.h"

namespace freshet {
namespace {

// Json::at and Json::get throw on a wrong shape; DecodeRecommendationList turns that into an Error.

template <typename Value>
Value ValueOf(const Json& json) {
  if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>) return WholeNumber<Value>(json);
  return json.get<Value>();
}

template <typename Value>
Value Optional(const Json& from, const char* name, Value otherwise = {}) {
  const auto found = from.find(name);
  return found == from.end() || found->is_null() ? otherwise : ValueOf<Value>(*found);
}

template <typename Value>
std::optional<Value> Maybe(const Json& from, const char* name) {
  const auto found = from.find(name);
  if (found == from.end() || found->is_null()) return std::nullopt;
  return ValueOf<Value>(*found);
}

Timestamp TimeOf(const Json& from, const char* name) {
  const Result<Timestamp> time = ParseRfc3339(from.at(name).get_ref<const std::string&>());
  if (!time.ok())
    throw Json::other_error::create(501, fmt::format("{}: {}", name, time.error().message), nullptr);
  return *time;
}

Trigger TriggerOf(const Json& json) {
  Trigger trigger;
  trigger.event_id = Optional<std::string>(json, "event_id");
  trigger.topic = json.at("topic").get<std::string>();
  trigger.partition = {WholeNumber<std::int32_t>(json.at("partition"))};
  trigger.offset = {WholeNumber<std::int64_t>(json.at("offset"))};
  trigger.event_to_publish_ms = Maybe<std::int64_t>(json, "event_to_publish_ms");
  return trigger;
}

Reason ReasonOf(const Json& json) {
  Reason reason;
  reason.code = json.at("code").get<std::string>();
  reason.part = json.at("part").get<std::string>();
  reason.contribution = Optional<double>(json, "contribution");
  reason.text = Optional<std::string>(json, "text");
  const Json evidence = Optional<Json>(json, "evidence", Json::object());
  reason.evidence.event_ids = Optional<std::vector<std::string>>(evidence, "event_ids");
  reason.evidence.coordinates = Optional<std::vector<std::string>>(evidence, "coordinates");
  reason.evidence.item_id = Optional<std::string>(evidence, "item_id");
  reason.evidence.count = Maybe<double>(evidence, "count");
  reason.evidence.co_count = Maybe<double>(evidence, "co_count");
  reason.evidence.predicted_rating = Maybe<double>(evidence, "predicted_rating");
  reason.evidence.rules = Optional<std::vector<std::string>>(evidence, "rules");
  return reason;
}

Counterfactual CounterfactualOf(const Json& json) {
  const Json& becomes = json.at("becomes");
  return {Optional<std::vector<std::string>>(json, "remove"), Optional<std::string>(becomes, "item_id"),
          Optional<std::int32_t>(becomes, "rank_of_original")};
}

/// The order of parts is that of their names: JSON members have none.
RecommendedItem ItemOf(const Json& json) {
  RecommendedItem item;
  item.rank = WholeNumber<std::int32_t>(json.at("rank"));
  item.item_id = json.at("item_id").get<std::string>();
  item.item_type = Optional<std::string>(json, "item_type");
  item.title = Optional<std::string>(json, "title");
  item.score = json.at("score").get<double>();
  item.pinned = Optional<bool>(json, "pinned");
  item.propensity = Maybe<double>(json, "propensity");
  item.sources = Optional<std::vector<std::string>>(json, "sources");
  const Json parts = Optional<Json>(json, "score_parts", Json::object());
  for (const auto& [name, value] : parts.items()) {
    item.score_parts.push_back({name, value.get<double>()});
  }
  for (const Json& reason : Optional<Json>(json, "reasons", Json::array())) {
    item.reasons.push_back(ReasonOf(reason));
  }
  if (const auto what = json.find("counterfactual"); what != json.end())
    item.counterfactual = CounterfactualOf(*what);
  return item;
}

void ReadVersions(const Json& json, RecommendationList& list) {
  const Json& model = json.at("model");
  list.model_name = model.at("name").get<std::string>();
  list.model_version = Optional<std::string>(model, "version");
  list.model_snapshot = Optional<std::string>(model, "snapshot");
  if (const auto as_of = json.find("as_of"); as_of != json.end()) {
    list.watermark = TimeOf(*as_of, "watermark");
    list.state_seq = WholeNumber<std::int64_t>(as_of->at("state_seq"));
  }
}

RecommendationList ListOf(const Json& json) {
  RecommendationList list;
  list.request_id = json.at("request_id").get<std::string>();
  list.user_id = json.at("user_id").get<std::string>();
  list.surface = Optional<std::string>(json, "surface");
  list.generated_at = TimeOf(json, "generated_at");
  list.status = Optional<std::string>(json, "status");
  ReadVersions(json, list);
  if (const auto trigger = json.find("trigger"); trigger != json.end()) list.trigger = TriggerOf(*trigger);
  const Json filtered = Optional<Json>(json, "filtered", Json::object());
  list.filtered.seen = Optional<std::int64_t>(filtered, "seen");
  list.filtered.dismissed = Optional<std::int64_t>(filtered, "dismissed");
  list.filtered.unavailable = Optional<std::int64_t>(filtered, "unavailable");
  list.filtered.by_rule = Optional<std::int64_t>(filtered, "by_rule");
  list.without = Optional<std::vector<std::string>>(json, "without");
  for (const Json& item : json.at("items")) list.items.push_back(ItemOf(item));
  return list;
}

}  // namespace

Result<RecommendationList> DecodeRecommendationList(std::string_view json) {
  FRESHET_TRY(const Json document, ParseJson(json));
  try {
    return ListOf(document);
  } catch (const Json::exception& error) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("recommendation list: {}", error.what()));
  }
}

}  // namespace freshet
