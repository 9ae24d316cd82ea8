#include "config/fields.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"
#include "config/field_builders.h"
#include "config/units.h"

namespace freshet {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 33> kSections = {{
    {"app", "What this application is called."},
    {"data", "Where it keeps its files."},
    {"topics", "Names and sizes of the topics; clean-up and retention are in config/topics.toml."},
    {"kafka", "The Kafka brokers, where there are any."},
    {"kafka.common", ""},
    {"kafka.consumer", ""},
    {"kafka.producer", ""},
    {"kafka.admin", ""},
    {"embedded", "The log inside the process, used where no broker is configured."},
    {"processing", "How events become batches and what is accepted."},
    {"state", "Memory."},
    {"models", "What is learned."},
    {"models.weights",
     "How much each type of interaction says about liking: positive, negative or nothing (0). In units of "
     "one view."},
    {"models.custom_weights", ""},
    {"models.transitions", "What follows what."},
    {"models.factors", "User and item factors."},
    {"models.ratings", "Rating prediction: biases that drift, and tastes."},
    {"models.sessions",
     "What people did in one go, kept in the item model: sessions like the current one recommend."},
    {"models.mix", "How the models' scores are mixed."},
    {"publish", "The published lists."},
    {"diversity", "What keeps lists from being all the same."},
    {"exploration",
     "Items that a list would not have by what is known, so that more becomes known. They are drawn by "
     "hashes "
     "of the\nuser, how many events it has, and the item: a replay draws the same."},
    {"strategies.for_you",
     "Lists by strategy: what of the user's past speaks, what may be listed, and what each model counts. "
     "for_you "
     "is\nwhat is published: the mix over the whole past."},
    {"strategies.similar",
     "What is like the newest item. Weights, where none are given: co_occurrence = 1, factors = 1."},
    {"strategies.also_bought", "What people who had the newest item also had: co_history = 1."},
    {"strategies.complements", "What follows the newest item and is of another kind: transitions = 1."},
    {"strategies.next_in_session", "What the current session leads to: session_knn = 1, transitions = 1."},
    {"strategies.trending",
     "What is chosen more than it used to be: popularity_recent = 1, popularity_long = -1."},
    {"strategies.new", "What came a short time ago: the mix."},
    {"strategies.continue", "What the user has begun, the latest first."},
    {"evaluation", "How good the published lists are, measured while they are used."},
    {"http", "The HTTP interface: metrics, health, events in, lists out."},
    {"log", "The process's own log, on stderr."},
}};

std::string Comment(const std::string& text) {
  std::string commented;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    commented += "# " + text.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return commented;
}

bool IsTable(const Field& field) {
  return field.kind == FieldKind::kTextTable || field.kind == FieldKind::kNumberTable;
}

std::string LastPart(const std::string& key) { return key.substr(key.rfind('.') + 1); }

// "ms" and "bytes" show in the values; other units are part of the text.
std::string AllowedValues(const Field& field) {
  const auto whole = [](double bound) { return static_cast<std::int64_t>(bound); };
  const auto [low, high] = field.bounds;
  switch (field.kind) {
    case FieldKind::kInteger:
      return fmt::format("From {} to {}.", whole(low), whole(high));
    case FieldKind::kReal:
      return fmt::format("From {} to {}.", low, high);
    case FieldKind::kSize:
      return fmt::format("From {} to {}.", FormatSize(whole(low)), FormatSize(whole(high)));
    case FieldKind::kDuration:
    case FieldKind::kDurations:
      return fmt::format("From {} to {}.", FormatDuration(std::chrono::milliseconds(whole(low))),
                         FormatDuration(std::chrono::milliseconds(whole(high))));
    case FieldKind::kChoice:
      return fmt::format("One of: {}.", fmt::join(field.choices, ", "));
    default:
      return "";
  }
}

std::string Documented(const Field& field) {
  const std::string allowed = field.doc.empty() ? "" : AllowedValues(field);
  std::string text = Comment(field.doc);
  if (!allowed.empty()) text += Comment(allowed);
  return text + LastPart(field.key) + " = " + FormatFieldValue(field, field.get(Config())) + "\n";
}

// Rules have names of the user's own: the reference shows what one looks like.
std::string RuleExample() {
  std::string text;
  for (const Field& field : RuleFields("NAME")) text += Documented(field);
  std::string commented =
      "\n# Business rules: what a shop wants of its lists, whatever the models say. Each is a table of its "
      "own, "
      "named as\n# you like; these are its keys with their defaults. A boost or bury is a part of the "
      "score.\n"
      "#\n# [rules.NAME]\n";
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    commented += "# " + text.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return commented;
}

constexpr std::string_view kPreamble =
    "# Freshet's configuration: every key with its default, its bounds and its reason. A file may leave out "
    "any key.\n"
    "# A key can be overridden by the environment, FRESHET_<SECTION>__<KEY> (FRESHET_PUBLISH__K=10), and on "
    "the\n"
    "# command line, --set publish.k=10. Durations are written \"100ms\", \"5s\", \"7d\"; sizes \"64MiB\".\n"
    "# This file is written by `freshet config --reference`; a test compares it with the program.\n";

}  // namespace

std::vector<Field> AllFields() {
  std::vector<Field> fields = LogFields();
  for (const auto& part : {ProcessingFields(), ModelFields(), PolicyFields(), ServiceFields()}) {
    fields.insert(fields.end(), part.begin(), part.end());
  }
  return fields;
}

std::string SectionDoc(const std::string& section) {
  for (const auto& [name, doc] : kSections) {
    if (name == section) return std::string(doc);
  }
  return "";
}

std::string SectionOf(const std::string& key) { return key.substr(0, key.rfind('.')); }

std::string ReferenceToml() {
  std::string text(kPreamble);
  std::string section;
  for (const Field& field : AllFields()) {
    const std::string here = IsTable(field) ? field.key : SectionOf(field.key);
    if (here != section) {
      section = here;
      text += "\n" + Comment(SectionDoc(section)) + (IsTable(field) ? Comment(field.doc) : "");
      text += "[" + section + "]\n";
    }
    if (IsTable(field)) continue;
    text += Documented(field);
  }
  return text + RuleExample();
}

std::string EffectiveToml(const Config& config) {
  std::string text;
  const auto add = [&](const std::vector<Field>& fields) {
    for (const Field& field : fields)
      text += field.key + " = " + FormatFieldValue(field, field.get(config)) + "\n";
  };
  add(AllFields());
  for (const auto& [name, rule] : config.rules) add(RuleFields(name));
  return text;
}

}  // namespace freshet
