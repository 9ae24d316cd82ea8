#include "codec/profile.h"

#include <algorithm>

#include "base/format.h"
#include "codec/field_reader.h"
#include "codec/json_writer.h"

namespace freshet {
namespace {

constexpr std::size_t kAttributesMax = 50;
constexpr std::size_t kSkillsMax = 200;

constexpr FieldRule<ProfileSkill> kSkillRules[] = {
    {"skill_id", [](FieldReader& r, JsonValue& v, ProfileSkill& to) { return r.Id(v, to.skill_id); }},
    {"level", [](FieldReader& r, JsonValue& v, ProfileSkill& to) { return r.Number(v, to.level); }},
};

bool ReadSkills(FieldReader& reader, JsonValue& value, Profile& to) {
  to.skills.clear();
  return reader.Elements(value, kSkillsMax, [&](JsonValue& element) {
    ProfileSkill skill;
    bool given = false;
    if (!reader.Nested(element, kSkillRules, skill, &given)) return false;
    if (skill.skill_id.empty())
      return reader.Missing("skill_id", "send the id of the skill that the user has");
    to.skills.push_back(std::move(skill));
    return true;
  });
}

/// Lists and objects are passed over: they name no one segment.
bool ReadAttribute(FieldReader& reader, std::string_view name, JsonValue& value, Profile& to) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return reader.Skip(value);
  ProfileAttribute attribute{std::string(name), {}};
  std::optional<double> number;
  std::optional<bool> flag;
  bool good = true;
  switch (type) {
    case simdjson::ondemand::json_type::string:
      good = reader.Text(value, attribute.value);
      break;
    case simdjson::ondemand::json_type::number:
      good = reader.Number(value, number);
      if (number) attribute.value = fmt::format("{}", *number);
      break;
    case simdjson::ondemand::json_type::boolean:
      good = reader.Flag(value, flag);
      if (flag) attribute.value = *flag ? "true" : "false";
      break;
    default:
      return reader.Skip(value);
  }
  if (!attribute.value.empty()) to.attributes.push_back(std::move(attribute));
  return good;
}

bool ReadAttributes(FieldReader& reader, JsonValue& value, Profile& to) {
  to.attributes.clear();
  const bool read = reader.AnyObject(value, kAttributesMax, [&](std::string_view name, JsonValue& member) {
    return ReadAttribute(reader, name, member, to);
  });
  const auto by_name = [](const ProfileAttribute& a, const ProfileAttribute& b) { return a.name < b.name; };
  std::stable_sort(to.attributes.begin(), to.attributes.end(), by_name);
  return read;
}

// In the order of the contract.
constexpr FieldRule<Profile> kRules[] = {
    {"tenant", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Id(v, to.tenant); }},
    {"user_id", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Id(v, to.user_id); }},
    {"skills", &ReadSkills},
    {"interests", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Texts(v, to.interests); }},
    {"career_goals", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Texts(v, to.career_goals); }},
    {"occupation", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Text(v, to.occupation); }},
    {"languages", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Texts(v, to.languages); }},
    {"country", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Text(v, to.country); }},
    {"attributes", &ReadAttributes},
    {"updated_at", [](FieldReader& r, JsonValue& v, Profile& to) { return r.Time(v, to.updated_at); }},
};

}  // namespace

bool DecodeProfile(FieldReader& reader, Event& to) {
  Profile& profile = to.emplace<Profile>();
  if (!reader.ReadFields(kRules, profile)) return false;
  if (!profile.user_id.empty()) return true;
  return reader.Missing("user_id", "send the id of the user whose profile it is");
}

std::string EncodeEvent(const Profile& event) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.FieldIfAny("tenant", event.tenant);
  json.Field("user_id", event.user_id);
  if (!event.skills.empty()) {
    json.Key("skills");
    json.BeginArray();
    for (const ProfileSkill& skill : event.skills) {
      json.BeginObject();
      json.Field("skill_id", skill.skill_id);
      json.Field("level", skill.level);
      json.EndObject();
    }
    json.EndArray();
  }
  json.FieldIfAny("interests", event.interests);
  json.FieldIfAny("career_goals", event.career_goals);
  json.FieldIfAny("occupation", event.occupation);
  json.FieldIfAny("languages", event.languages);
  json.FieldIfAny("country", event.country);
  if (!event.attributes.empty()) {
    json.Key("attributes");
    json.BeginObject();
    for (const ProfileAttribute& attribute : event.attributes) json.Field(attribute.name, attribute.value);
    json.EndObject();
  }
  json.Field("updated_at", event.updated_at);
  json.EndObject();
  return text;
}

}  // namespace freshet
