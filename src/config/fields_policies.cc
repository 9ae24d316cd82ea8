#include "base/format.h"
#include "config/field_builders.h"

namespace freshet {
namespace {

constexpr std::size_t kRuleEntriesMax = 1'000;  // of one list: each candidate is looked up among them

// `part` is `[](auto& rule) -> auto& { return rule.member; }`. A rule that is not there reads as the
// defaults.
template <typename Part>
auto OfRule(const std::string& name, Part part) {
  return [ name, part ](auto& config) -> auto& {
    if constexpr (std::is_const_v<std::remove_reference_t<decltype(config)>>) {
      static const RuleConfig kDefaults;
      const auto rule = config.rules.find(name);
      return part(rule == config.rules.end() ? kDefaults : rule->second);
    } else {
      return part(config.rules[name]);
    }
  };
}

template <typename Access>
Field Texts(std::string key, std::string doc, Access access) {
  Field field =
      MakeField<std::vector<std::string>>(std::move(key), FieldKind::kTexts, std::move(doc), access);
  field.count = kRuleEntriesMax;
  return field;
}

std::vector<Field> RuleConditions(const std::string& key, const std::string& name) {
  return {
      Texts(key + "surfaces", "Lists that it is for, by their strategy, such as [\"for_you\"]. Empty: all.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.surfaces; })),
      Texts(key + "items",
            "Ids of the items that it is about. Of the conditions from here on those that are given must "
            "all hold; of a list,\none of its entries.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.items; })),
      Texts(key + "types", "Their item_type.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.types; })),
      Texts(key + "topics",
            "Their categories, each with all below it (\"Toys\" holds for \"Toys/Trains\"), or their tags.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.topics; })),
      Texts(key + "providers", "Their provider: the brand, the school, the publisher.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.providers; })),
      Texts(key + "skills", "Ids of skills that they teach.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.skills; })),
      Texts(key + "languages", "Their language, as the catalogue writes it.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.languages; })),
      Texts(key + "currencies", "The currency of their price.",
            OfRule(
                name, [](auto& rule) -> auto& { return rule.currencies; })),
      Real(key + "price_min", {-1, 1e15},
           "The least price, in the catalogue's currency. Below 0: any, even none.",
           OfRule(
               name, [](auto& rule) -> auto& { return rule.price_min; })),
      Real(key + "price_max", {-1, 1e15},
           "The highest price, in the catalogue's currency. Below 0: any, even none.",
           OfRule(
               name, [](auto& rule) -> auto& { return rule.price_max; })),
  };
}

}  // namespace

std::vector<Field> RuleFields(const std::string& name) {
  const std::string key = "rules." + name + ".";
  std::vector<Field> fields = {
      Choice<RuleAction>(
          key + "action",
          {{"boost", RuleAction::kBoost},
           {"bury", RuleAction::kBury},
           {"pin", RuleAction::kPin},
           {"exclude", RuleAction::kExclude},
           {"only", RuleAction::kOnly}},
          "What happens to the items that it is about: boost and bury add to the score or take from it, pin "
          "holds\nitems in a place, exclude leaves them out of lists, only leaves all others out.",
          OfRule(
              name, [](auto& rule) -> auto& { return rule.action; })),
      Real(key + "amount", {0, 100},
           "With boost and bury, in log odds: 0.7 doubles an item's odds of being the one that is taken, 2.3 "
           "makes\nten of them.",
           OfRule(
               name, [](auto& rule) -> auto& { return rule.amount; })),
      Integer(key + "place", {1, 200}, "With pin: the place in the list, counted from 1.",
              OfRule(
                  name, [](auto& rule) -> auto& { return rule.place; })),
      Integer(
          key + "count", {1, 200},
          "With pin: how many of the items, the best by score, stand from that place on. Items named by id "
          "are\npinned even where no model proposes them; never such as the user has, dismissed or cannot "
          "get.",
          OfRule(
              name, [](auto& rule) -> auto& { return rule.count; })),
  };
  for (Field& field : RuleConditions(key, name)) fields.push_back(std::move(field));
  return fields;
}

namespace {

constexpr double kStrategyWeightMax = 1'000;

// The first strategy tells what the keys mean, for all.
std::vector<Field> StrategyFields(std::size_t index) {
  const std::string key = "strategies." + std::string(kSurfaces[index]) + ".";
  const auto doc = [index](std::string_view part, std::string text) {
    return index == 0 ? std::move(text) : fmt::format("As for strategies.for_you.{} above.", part);
  };
  std::vector<Field> fields = {
      Choice<StrategyPast>(
          key + "past",
          {{"all", StrategyPast::kAll}, {"session", StrategyPast::kSession}, {"last", StrategyPast::kLast}},
          doc("past",
              "What of the user's past speaks: all of it, the current session, or the last event that speaks "
              "for "
              "its item."),
          [index](auto& c) -> auto& { return c.strategies.by_surface[index].past; }),
      Choice<StrategyCandidates>(
          key + "candidates",
          {{"all", StrategyCandidates::kAll}, {"unfinished", StrategyCandidates::kUnfinished}},
          doc("candidates",
              "What may be listed: all but what the user has, or what the user has begun (start, progress, "
              "enrol,\n"
              "add_to_cart) and not ended."),
          [index](auto& c) -> auto& { return c.strategies.by_surface[index].candidates; }),
      Duration(
          key + "newer_than", {0, 100 * kYearMs},
          doc("newer_than", "Only items whose first event is at most so old. 0: any."),
          [index](auto& c) -> auto& { return c.strategies.by_surface[index].newer_than; }),
      Flag(
          key + "other_categories",
          doc("other_categories", "Leaves out items of the category of the newest item that speaks."),
          [index](auto& c) -> auto& { return c.strategies.by_surface[index].other_categories; }),
  };
  Field weights = MakeField<NumberTable>(
      key + "weights", FieldKind::kNumberTable,
      doc("weights",
          "What each part of the score counts, such as  session_knn = 2.0  in place of what is built in. "
          "With "
          "weights\nof its own a strategy lists only what they say something for."),
      [index](auto& c) -> auto& { return c.strategies.by_surface[index].weights; });
  weights.bounds = {-kStrategyWeightMax, kStrategyWeightMax};
  fields.push_back(std::move(weights));
  return fields;
}

}  // namespace

std::vector<Field> PolicyFields() {
  std::vector<Field> fields = {
      Real(
          "diversity.weight", {0, 100},
          "What the score of an item loses that is exactly like one before it in the list, in log odds; by "
          "how like\nthey are to those who take them. 0: lists are by score alone, which is best for hits.",
          [](auto& c) -> auto& { return c.diversity.weight; }),
      Integer(
          "diversity.category_items", {0, 200},
          "Items of one category that a list has at most, by the first of the catalogue's categories. A list "
          "is\nrather shorter than against this; what a rule pins counts and stays. 0: no cap.",
          [](auto& c) -> auto& { return c.diversity.category_items; }),
      Integer(
          "diversity.category_levels", {0, 16},
          "Levels of a category's path that count: with 1, \"Toys/Trains\" and \"Toys/Dolls\" are one. 0: "
          "all.",
          [](auto& c) -> auto& { return c.diversity.category_levels; }),
      Integer(
          "diversity.provider_items", {0, 200},
          "Items of one provider (brand, publisher) that a list has at most. 0: no cap.",
          [](auto& c) -> auto& { return c.diversity.provider_items; }),
      Real(
          "exploration.share", {0, 0.05},
          "Part of all places of published lists that go to such items, at most one a list. Each item then "
          "has "
          "its\npropensity, the probability that the list has it, for unbiased evaluation. 0: none.",
          [](auto& c) -> auto& { return c.exploration.share; }),
      Integer(
          "exploration.place", {0, 200},
          "Where in the list the item stands, counted from 1; others move down, pins apart. 0: last.",
          [](auto& c) -> auto& { return c.exploration.place; }),
      Real(
          "exploration.spread", {0.01, 10},
          "How unsure the score of an item without an event is, in log odds; with n events it is this "
          "divided "
          "by\nthe root of 1 + n. The item with the highest draw is taken (Thompson sampling).",
          [](auto& c) -> auto& { return c.exploration.spread; }),
  };
  for (std::size_t i = 0; i < kSurfaces.size(); ++i) {
    for (Field& field : StrategyFields(i)) fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace freshet
