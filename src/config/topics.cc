#include "config/topics.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/format.h"
#include "config/load.h"
#include "config/nearest.h"
#include "config/units.h"

namespace freshet {
namespace {

struct Role {
  std::string_view name;
  std::string TopicsConfig::*configured;
  bool inside;
};

constexpr std::size_t kInputs = 5;
constexpr std::array kRoles = {Role{"interactions", &TopicsConfig::interactions, false},
                               Role{"ratings", &TopicsConfig::ratings, false},
                               Role{"feedback", &TopicsConfig::feedback, false},
                               Role{"catalogue", &TopicsConfig::catalogue, false},
                               Role{"profiles", &TopicsConfig::profiles, false},
                               Role{"recommendations", &TopicsConfig::recommendations, false},
                               Role{"dead-letters", &TopicsConfig::dead_letters, false},
                               Role{"evaluations", &TopicsConfig::evaluations, false},
                               Role{"item-deltas", &TopicsConfig::item_deltas, true},
                               Role{"item-model", &TopicsConfig::item_model, true},
                               Role{"user-links", &TopicsConfig::user_links, true},
                               Role{"net-lessons", &TopicsConfig::net_lessons, true},
                               Role{"user-changelog", &TopicsConfig::user_changelog, true},
                               Role{"item-changelog", &TopicsConfig::item_changelog, true},
                               Role{"net-changelog", &TopicsConfig::net_changelog, true}};

/// The network's topics are made where it is on.
bool IsUsed(const Config& config, std::string_view role) {
  return config.models.next_item_net || !role.starts_with("net-");
}

/// Reads one file of topics and collects every mistake.
class SpecReader final {
 public:
  SpecReader(const Config& config, std::string file) : config_(config), file_(std::move(file)) {}

  Result<std::vector<TopicSpec>> Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string role(key.str());
      if (std::find(TopicRoles().begin(), TopicRoles().end(), role) == TopicRoles().end()) {
        Complain(key.source(), "unknown topic \"" + role + "\"", Nearest(role, TopicRoles()));
      }
    }
    std::vector<TopicSpec> specs;
    for (const std::string& role : TopicRoles()) {
      if (const toml::table* table = root[role].as_table()) {
        TopicSpec spec = ReadSpec(role, *table);
        if (IsUsed(config_, role)) specs.push_back(std::move(spec));
      } else if (IsUsed(config_, role)) {
        errors_.push_back(fmt::format("{}: section [{}] is missing", file_, role));
      }
    }
    if (errors_.empty()) return specs;
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("{}", fmt::join(errors_, "\n")));
  }

 private:
  TopicSpec ReadSpec(const std::string& role, const toml::table& table) {
    TopicSpec spec;
    spec.name = TopicName(config_, role);
    for (const auto& [key, node] : table) ReadKey(spec, key, node);
    if (config_.topics.replication_factor > 0) {
      spec.settings["replication.factor"] = fmt::format("{}", config_.topics.replication_factor);
    }
    return spec;
  }

  void ReadKey(TopicSpec& spec, const toml::key& key, const toml::node& node) {
    static const std::vector<std::string> kKeys = {"partitions", "cleanup", "retention", "message_bytes_max",
                                                   "settings"};
    const std::string name(key.str());
    if (name == "partitions") return ReadPartitions(spec, node);
    if (name == "cleanup") return ReadCleanup(spec, node);
    if (name == "retention") return ReadRetention(spec, node);
    if (name == "message_bytes_max") return ReadBytesMax(spec, node);
    if (name == "settings" && node.is_table()) return ReadSettings(spec, *node.as_table());
    Complain(key.source(), "unknown key \"" + name + "\"", Nearest(name, kKeys));
  }

  void ReadPartitions(TopicSpec& spec, const toml::node& node) {
    const auto number = node.value_exact<std::int64_t>();
    const auto group = node.value_exact<std::string>();
    if (number && *number >= 1 && *number <= 1024) {
      spec.partitions = static_cast<std::int32_t>(*number);
    } else if (group == "users") {
      spec.partitions = static_cast<std::int32_t>(config_.topics.user_partitions);
    } else if (group == "items") {
      spec.partitions = static_cast<std::int32_t>(config_.topics.item_partitions);
    } else {
      Complain(node.source(), "partitions: write \"users\", \"items\" or a number from 1 to 1024", "");
    }
  }

  void ReadCleanup(TopicSpec& spec, const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (text == "delete") {
      spec.cleanup = Cleanup::kDelete;
    } else if (text == "compact") {
      spec.cleanup = Cleanup::kCompact;
    } else if (text == "compact,delete") {
      spec.cleanup = Cleanup::kCompactAndDelete;
    } else {
      Complain(node.source(), "cleanup: write \"delete\", \"compact\" or \"compact,delete\"", "");
    }
  }

  void ReadRetention(TopicSpec& spec, const toml::node& node) {
    const auto duration = ParseDuration(node.value_or(std::string("a value that is no text")));
    if (!duration) return Complain(node.source(), "retention: " + duration.error().message, "");
    spec.retention = *duration;
  }

  void ReadBytesMax(TopicSpec& spec, const toml::node& node) {
    if (const auto number = node.value_exact<std::int64_t>()) {
      spec.message_bytes_max = *number;
      return;
    }
    const auto size = ParseSize(node.value_or(std::string("a value that is no text")));
    if (!size) return Complain(node.source(), "message_bytes_max: " + size.error().message, "");
    spec.message_bytes_max = *size;
  }

  void ReadSettings(TopicSpec& spec, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto text = node.value_exact<std::string>();
      if (!text) {
        Complain(node.source(), fmt::format("settings.{}: write a text in quotes", key.str()), "");
        continue;
      }
      spec.settings[std::string(key.str())] = *text;
    }
  }

  void Complain(const toml::source_region& at, const std::string& what, const std::string& nearest) {
    const std::string hint = nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
    errors_.push_back(fmt::format("{}:{}:{}: {}{}", file_, at.begin.line, at.begin.column, what, hint));
  }

  const Config& config_;
  std::string file_;
  std::vector<std::string> errors_;
};

}  // namespace

const std::vector<std::string>& TopicRoles() {
  static const std::vector<std::string> roles = [] {
    std::vector<std::string> names;
    for (const Role& role : kRoles) names.emplace_back(role.name);
    return names;
  }();
  return roles;
}

std::string TopicName(const Config& config, std::string_view role) {
  const auto* found =
      std::find_if(kRoles.begin(), kRoles.end(), [&](const Role& known) { return known.name == role; });
  FRESHET_ASSERT(found != kRoles.end());
  const std::string& configured = config.topics.*(found->configured);
  return config.topics.prefix + (found->inside ? config.app.id + "-" : "") + configured;
}

std::string RoleOf(const Config& config, std::string_view name_or_role) {
  for (const Role& role : kRoles) {
    if (TopicName(config, role.name) == name_or_role) return std::string(role.name);
  }
  for (const Role& role : kRoles) {
    if (role.name == name_or_role) return std::string(role.name);
  }
  return "";
}

bool IsInputRole(std::string_view role) {
  return std::any_of(kRoles.begin(), kRoles.begin() + kInputs, [&](const Role& r) { return r.name == role; });
}

Result<std::vector<TopicSpec>> WantedTopics(const Config& config) {
  const std::string name = config.topics.file.empty() ? "config/topics.toml (built in)" : config.topics.file;
  std::string text(BuiltInTopicsToml());
  if (!config.topics.file.empty()) {
    FRESHET_TRY(text, ReadWholeFile(config.topics.file));
  }
  try {
    return SpecReader(config, name).Read(toml::parse(text, name));
  } catch (const toml::parse_error& e) {
    const auto& at = e.source().begin;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}:{}:{}: not TOML: {}", name, at.line, at.column, e.description()));
  }
}

}  // namespace freshet
