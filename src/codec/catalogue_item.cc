#include "codec/catalogue_item.h"

#include "base/format.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kAttributesMax = 50;
constexpr std::size_t kSkillsMax = 200;

struct Price {
  std::optional<double> amount;
  std::string currency;
};

constexpr FieldRule<Price> kPriceRules[] = {
    {"amount", [](FieldReader& r, JsonValue& v, Price& to) { return r.Number(v, to.amount); }},
    {"currency", [](FieldReader& r, JsonValue& v, Price& to) { return r.Currency(v, to.currency); }},
};

bool ReadPrice(FieldReader& reader, JsonValue& value, CatalogueItem& to) {
  bool given = false;
  Price price;
  if (!reader.Nested(value, kPriceRules, price, &given)) return false;
  if (given && !price.amount) return reader.Missing("amount", "send the amount, or leave price out");
  to.price = price.amount;
  to.currency = std::move(price.currency);
  return true;
}

constexpr FieldRule<TaughtSkill> kSkillRules[] = {
    {"skill_id", [](FieldReader& r, JsonValue& v, TaughtSkill& to) { return r.Id(v, to.skill_id); }},
    {"level", [](FieldReader& r, JsonValue& v, TaughtSkill& to) { return r.Number(v, to.level); }},
    {"weight", [](FieldReader& r, JsonValue& v, TaughtSkill& to) { return r.Number(v, to.weight); }},
};

bool ReadTeaches(FieldReader& reader, JsonValue& value, CatalogueItem& to) {
  to.teaches.clear();
  return reader.Elements(value, kSkillsMax, [&](JsonValue& element) {
    TaughtSkill skill;
    bool given = false;
    if (!reader.Nested(element, kSkillRules, skill, &given)) return false;
    if (skill.skill_id.empty()) return reader.Missing("skill_id", "send the id of the skill that it teaches");
    to.teaches.push_back(std::move(skill));
    return true;
  });
}

bool ReadAvailable(FieldReader& reader, JsonValue& value, CatalogueItem& to) {
  std::optional<bool> available;
  if (!reader.Flag(value, available)) return false;
  to.available = available.value_or(true);
  return true;
}

using Item = CatalogueItem;

// In the order of the contract.
constexpr FieldRule<Item> kRules[] = {
    {"item_id", [](FieldReader& r, JsonValue& v, Item& to) { return r.Id(v, to.item_id); }},
    {"tenant", [](FieldReader& r, JsonValue& v, Item& to) { return r.Id(v, to.tenant); }},
    {"item_type", [](FieldReader& r, JsonValue& v, Item& to) { return r.Id(v, to.item_type); }},
    {"title", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.title); }},
    {"text", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.text); }},
    {"tags", [](FieldReader& r, JsonValue& v, Item& to) { return r.Texts(v, to.tags); }},
    {"categories", [](FieldReader& r, JsonValue& v, Item& to) { return r.Texts(v, to.categories); }},
    {"language", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.language); }},
    {"url", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.url); }},
    {"image_url", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.image_url); }},
    {"provider", [](FieldReader& r, JsonValue& v, Item& to) { return r.Text(v, to.provider); }},
    {"price", &ReadPrice},
    {"available", &ReadAvailable},
    {"available_from", [](FieldReader& r, JsonValue& v, Item& to) { return r.Time(v, to.available_from); }},
    {"available_until", [](FieldReader& r, JsonValue& v, Item& to) { return r.Time(v, to.available_until); }},
    {"teaches", &ReadTeaches},
    {"attributes", [](FieldReader& r, JsonValue& v, Item&) { return r.AnyObject(v, kAttributesMax); }},
    {"updated_at", [](FieldReader& r, JsonValue& v, Item& to) { return r.Time(v, to.updated_at); }},
};

bool CheckTogether(FieldReader& reader, const CatalogueItem& item) {
  if (item.item_id.empty()) return reader.Missing("item_id", "send the id that events use for this item");
  if (item.item_type.empty()) return reader.Missing("item_type", "say what it is, such as \"product\"");
  if (item.title.empty()) {
    return reader.FailAt("title", "schema", "title is missing or empty", "send the name that people read");
  }
  return true;
}

void WritePrice(JsonWriter& json, const CatalogueItem& item) {
  if (!item.price) return;
  json.Key("price");
  json.BeginObject();
  json.Field("amount", item.price);
  json.FieldIfAny("currency", item.currency);
  json.EndObject();
}

void WriteTeaches(JsonWriter& json, const std::vector<TaughtSkill>& skills) {
  if (skills.empty()) return;
  json.Key("teaches");
  json.BeginArray();
  for (const TaughtSkill& skill : skills) {
    json.BeginObject();
    json.Field("skill_id", skill.skill_id);
    json.Field("level", skill.level);
    json.Field("weight", skill.weight);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

bool DecodeCatalogueItem(FieldReader& reader, Event& to) {
  CatalogueItem& item = to.emplace<CatalogueItem>();
  return reader.ReadFields(kRules, item) && CheckTogether(reader, item);
}

std::string EncodeEvent(const CatalogueItem& event) {
  std::string text;
  text.reserve(512);
  JsonWriter json(text);
  json.BeginObject();
  json.Field("item_id", event.item_id);
  json.FieldIfAny("tenant", event.tenant);
  json.Field("item_type", event.item_type);
  json.Field("title", event.title);
  json.FieldIfAny("text", event.text);
  json.FieldIfAny("tags", event.tags);
  json.FieldIfAny("categories", event.categories);
  json.FieldIfAny("language", event.language);
  json.FieldIfAny("url", event.url);
  json.FieldIfAny("image_url", event.image_url);
  json.FieldIfAny("provider", event.provider);
  WritePrice(json, event);
  if (!event.available) json.Field("available", false);
  json.Field("available_from", event.available_from);
  json.Field("available_until", event.available_until);
  WriteTeaches(json, event.teaches);
  json.Field("updated_at", event.updated_at);
  json.EndObject();
  return text;
}

}  // namespace freshet
